"""The places where an image can lie; each opens a reference and yields an Image."""
