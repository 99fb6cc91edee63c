"""Dockerfiles of a few lines for the comparison with hadolint, and where the two differ on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD = "FROM debian:12.5\n"
TAIL = 'USER 10001\nHEALTHCHECK CMD ["/bin/check"]\nCMD ["/bin/app"]\n'


@dataclass(frozen=True, slots=True)
class Snippet:
    """One Dockerfile.

    ``steps`` come between :data:`HEAD` and :data:`TAIL`, or before ``tail``.
    ``ours`` and ``theirs`` are codes that only one of the two tells of on
    purpose, with the reason.
    """

    name: str
    steps: str
    tail: str = TAIL
    ours: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)


_ONLY_ZYPPER = "hadolint has one code for zypper alone, our rule is for all package managers"
_CLEANED = "deleting the cache in the same step is as good as --no-cache"
_NO_MOUNTS = "the history does not record mounts, so the finding is a hint"
_CD_LATER = "cd further on, or in a subshell, is often needed; only what begins with cd is told"
_ROOT = "what ends up as root is told by DL3002's rule, with more weight"
_LAST_USER = "the configuration knows the last USER only"
_BY_NAME = "apt and apt-get take the same option; hadolint knows apt-get called plainly"
_NO_RECORD = "BuildKit records the exec form of RUN as the command line that it is"

_APT = "apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10"
_LISTS = "rm -rf /var/lib/apt/lists/*"

SNIPPETS = (
    Snippet("nothing wrong", f"RUN {_APT} && {_LISTS}\n"),
    Snippet("apt with recommends", f"RUN apt-get update && apt-get install -y curl=1 && {_LISTS}\n"),
    Snippet("apt with an option before", "RUN apt-get -y install curl=1\n"),
    Snippet("apt with -qq before", "RUN apt-get -qq -y install --no-install-recommends curl=1\n"),
    Snippet("apt with a configured option",
            "RUN apt-get install -y -o APT::Install-Recommends=false curl=1\n"),
    Snippet("apt after a variable",
            "RUN DEBIAN_FRONTEND=noninteractive apt-get install -y curl=1\n"),
    Snippet("apt in a condition", "RUN if true; then apt-get install -y curl=1; fi\n"),
    Snippet("apt in a loop", "RUN for p in a b; do apt-get install -y $p; done\n"),
    Snippet("apt in a subshell", "RUN (apt-get update; apt-get install -y curl=1)\n"),
    Snippet("apt in the exec form", 'RUN ["apt-get", "install", "-y", "curl=1"]\n'),
    Snippet("apt in a here-document",
            "RUN <<EOF\napt-get update\napt-get install -y curl=1\nEOF\n\n"),
    Snippet("apt on continued lines",
            "RUN apt-get update \\\n    # the tools\n    && apt-get install -y \\\n    curl=1\n"),
    Snippet("apt only named in a message", "RUN echo 'apt-get install -y curl'\n"),
    Snippet("dist-upgrade", "RUN apt-get update && apt-get dist-upgrade -y\n",
            ours={"DL3035": _ONLY_ZYPPER}),
    Snippet("dist-upgrade after an option", "RUN apt-get -y dist-upgrade\n",
            ours={"DL3035": _ONLY_ZYPPER}),
    Snippet("upgrade", "RUN apt-get update && apt-get upgrade -y\n"),
    Snippet("zypper dup", "RUN zypper --non-interactive dup && zypper clean -a\n"),
    Snippet("zypper dist-upgrade", "RUN zypper dist-upgrade -y && zypper clean\n"),
    Snippet("zypper without clean", "RUN zypper install -y curl=1\n"),
    Snippet("zypper with clean", "RUN zypper install -y curl=1 && zypper clean\n"),
    Snippet("dnf without clean", "RUN dnf install -y curl-1\n"),
    Snippet("dnf with an option before", "RUN dnf -y install curl-1\n"),
    Snippet("dnf with clean", "RUN dnf install -y curl-1 && dnf clean all\n"),
    Snippet("dnf with removal", "RUN dnf install -y curl-1 && rm -rf /var/cache/libdnf5\n"),
    Snippet("microdnf without clean", "RUN microdnf install -y curl-1\n"),
    Snippet("microdnf with clean", "RUN microdnf install -y curl-1 && microdnf clean all\n"),
    Snippet("yum without clean", "RUN yum install -y curl-1\n"),
    Snippet("yum with clean", "RUN yum install -y curl-1 && yum clean all\n"),
    Snippet("yum with removal", "RUN yum install -y curl-1 && rm -rf /var/cache/yum/*\n"),
    Snippet("apk without no-cache", "RUN apk add curl=1\n"),
    Snippet("apk with no-cache", "RUN apk --no-cache add curl=1\n"),
    Snippet("apk with removal", "RUN apk add --update curl=1 && rm -rf /var/cache/apk/*\n",
            theirs={"DL3019": _CLEANED}),
    Snippet("pip with a cache", "RUN pip install flask==3.0.0\n"),
    Snippet("pip3 with a cache", "RUN pip3 install flask==3.0.0\n"),
    Snippet("python -m pip with a cache", "RUN python3 -m pip install flask==3.0.0\n"),
    Snippet("pip with no-cache-dir", "RUN pip install --no-cache-dir flask==3.0.0\n"),
    Snippet("pip with the variable", "ENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.0.0\n"),
    Snippet("pip with the variable of one step", "RUN PIP_NO_CACHE_DIR=1 pip install flask==3.0.0\n"),
    Snippet("pip with the variable turned off", "ENV PIP_NO_CACHE_DIR=0\nRUN pip install flask==3.0.0\n"),
    Snippet("pip with a mounted cache",
            "RUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.0.0\n",
            ours={"DL3042": _NO_MOUNTS}),
    Snippet("pip download", "RUN pip download flask==3.0.0\n"),
    Snippet("pipx", "RUN pipx install poetry==1.8\n"),
    Snippet("cd first", "RUN cd /srv && make\n"),
    Snippet("cd later", "RUN make && cd /srv && make install\n",
            theirs={"DL3003": _CD_LATER}),
    Snippet("cd alone", "RUN cd /srv\n"),
    Snippet("cd in a subshell", "RUN (cd /srv && make) && make install\n",
            theirs={"DL3003": _CD_LATER}),
    Snippet("cd with a semicolon", "RUN set -e; cd /srv; make\n"),
    Snippet("sudo", "RUN sudo apt-get update\n"),
    Snippet("sudo later", "RUN true && sudo -u app make\n"),
    Snippet("sudo installed only",
            "RUN apt-get install -y --no-install-recommends sudo=1.9 && usermod -aG sudo app\n"),
    Snippet("ADD of a file", "ADD main.js /srv/\n"),
    Snippet("ADD of a folder", "ADD . /srv/\n"),
    Snippet("ADD of an archive", "ADD release.tar.gz /srv/\n"),
    Snippet("ADD of a zip", "ADD release.zip /srv/\n"),
    Snippet("ADD of an address", "ADD https://example.org/release.bin /srv/\n"),
    Snippet("ADD of a repository", "ADD https://github.com/example/app.git#v1 /srv/\n"),
    Snippet("COPY of a file", "COPY main.js /srv/\n"),
    Snippet("ports", "EXPOSE 80 443/tcp 8080/udp\n"),
    Snippet("a port out of range", "EXPOSE 80000\n"),
    Snippet("a port of zero", "EXPOSE 0\n",
            ours={"DL3011": "nobody can listen on port 0; hadolint starts to count there"}),
    Snippet("a range of ports", "EXPOSE 3000-3005\n"),
    Snippet("a relative directory", "WORKDIR srv\n"),
    Snippet("a relative directory below another", "WORKDIR /srv\nWORKDIR app\n"),
    Snippet("a directory from a variable", "ENV HOME_DIR=/srv\nWORKDIR $HOME_DIR/app\n"),
    Snippet("CMD in the shell form", "", 'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nCMD /bin/app -v\n'),
    Snippet("CMD in the shell form with exec", "",
            'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nCMD exec /bin/app -v\n',
            theirs={"DL3025": "exec puts the program into the shell's place: signals arrive"}),
    Snippet("ENTRYPOINT in the shell form", "",
            'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nENTRYPOINT /bin/app\n'),
    Snippet("a shell named in the exec form", "",
            'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["sh", "-c", "/bin/app"]\n',
            ours={"DL3025": "process 1 is a shell all the same"}),
    Snippet("both in the exec form", "",
            'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nENTRYPOINT ["/bin/app"]\nCMD ["-v"]\n'),
    Snippet("root at last", "", 'USER root\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n',
            theirs={"DL3066": _ROOT}),
    Snippet("number zero at last", "", 'USER 0:0\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n'),
    Snippet("root in between", "USER root\nRUN make\n",
            theirs={"DL3066": _LAST_USER}),
    Snippet("no user", "", 'HEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n',
            ours={"DL3002": "without USER the image runs as root; hadolint only knows the Dockerfile, not what its base sets"}),
    Snippet("a user by name", "RUN useradd app\n",
            'USER app\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n'),
    Snippet("a user and group by name", "RUN useradd app\n",
            'USER app:app\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n'),
    Snippet("a user by number, a group by name", "RUN useradd app\n",
            'USER 10001:app\nHEALTHCHECK CMD ["/bin/c"]\nCMD ["/bin/app"]\n'),
    Snippet("no health check", "", 'USER 10001\nCMD ["/bin/app"]\n'),
    Snippet("health check turned off", "", 'USER 10001\nHEALTHCHECK NONE\nCMD ["/bin/app"]\n',
            ours={"DL3057": "NONE is no health check; the finding is a hint"}),
    Snippet("two RUN in a row", "RUN make a\nRUN make b\n",
            theirs={"DL3059": "two are worth a line only if bytes come back, three always"}),
    Snippet("three RUN in a row", "RUN make a\nRUN make b\nRUN make c\n"),
    Snippet("RUN apart", "RUN make a\nCOPY b /srv/b\nRUN make b\n"),
    Snippet("RUN apart by ENV", "RUN make a\nENV B=1\nRUN make b\nENV C=1\nRUN make c\n",
            ours={"DL3059": "ENV makes no layer and can stand above all three"}),
    Snippet("a secret in ENV", "ENV DB_PASSWORD=hunter2secretX9\n"),
    Snippet("a secret in ARG", "ARG API_TOKEN=hunter2secretX9\nRUN make\n"),
    Snippet("a secret's name without value", "ARG API_TOKEN\nRUN make\n"),
    Snippet("a public key in ENV", "ENV PUBLIC_KEY=abc\n"),
    Snippet("a file's name in ENV", "ENV DB_PASSWORD_FILE=/run/secrets/db\n",
            theirs={"DL3064": "NAME_FILE holds a path, which is how secrets should be given"}),
    Snippet("a key of AWS in ENV", "ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzzzKEYabc\n"),
    Snippet("apt in another shell",
            'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN apt-get install -y curl=1\n'),
    Snippet("apt instead of apt-get", "RUN apt install -y curl=1\n",
            ours={"DL3015": _BY_NAME}),
    Snippet("apt-get with sudo", "RUN sudo apt-get install -y curl=1\n",
            ours={"DL3015": _BY_NAME}),
    Snippet("apt in a quoted shell", "RUN bash -c 'apt-get install -y curl=1'\n"),
    Snippet("apt by its path", "RUN /usr/bin/apt-get install -y curl=1\n",
            ours={"DL3015": _BY_NAME}),
    Snippet("apt with a cache mount",
            "RUN --mount=type=cache,target=/var/cache/apt apt-get install -y curl=1\n"),
    Snippet("apt with a build argument", "ARG V=1\nRUN apt-get install -y curl=$V\n"),
    Snippet("apt with the option =true",
            "RUN apt-get install -y --no-install-recommends=true curl=1\n"),
    Snippet("apt of a stage that is not kept",
            "RUN apt-get install -y curl=1\nFROM debian:12.5\nCOPY --from=0 /srv /srv\n",
            theirs={"DL3015": "the image has nothing of the stage"}),
    Snippet("apk in a virtual package", "RUN apk add --virtual .build gcc=1 && apk del .build\n"),
    Snippet("apk update alone", "RUN apk update\n"),
    Snippet("pip by env", "RUN env PIP_NO_CACHE_DIR=1 pip install flask==3.0.0\n"),
    Snippet("pip with an exported variable",
            "RUN export PIP_NO_CACHE_DIR=1 && pip install flask==3.0.0\n"),
    Snippet("pip with a variable as argument",
            "ARG PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.0.0\n",
            theirs={"DL3042": "a build argument is in the environment of RUN"}),
    Snippet("pip of a list", "RUN pip install -r requirements.txt\n"),
    Snippet("cd in the exec form", 'RUN ["sh", "-c", "cd /srv && make"]\n',
            ours={"DL3003": _NO_RECORD}),
    Snippet("cd to a variable", "RUN cd $HOME && make\n"),
    Snippet("a directory of Windows", "WORKDIR c:\\\\app\n"),
    Snippet("CMD and ENTRYPOINT in the shell form", "",
            'USER 10001\nHEALTHCHECK CMD ["/bin/c"]\nENTRYPOINT /bin/app\nCMD -v\n'),
    Snippet("a secret from a variable", "ARG IN\nENV DB_PASSWORD=$IN\n",
            theirs={"DL3064": "no value came from outside, so the image holds none"}),
    Snippet("an empty secret", 'ENV DB_PASSWORD=""\n',
            theirs={"DL3064": "nothing is in it"}),
    Snippet("a token in a label", "LABEL token=hunter2secretX9\n",
            ours={"DL3064": "a label is as public as ENV; hadolint looks at ENV and ARG"}),
)  # fmt: skip

FROM_LINES = (
    "debian", "debian:latest", "debian:12.5", "debian@sha256:" + "0" * 64, "scratch",
    "debian:latest@sha256:" + "0" * 64, "registry.example.org:5000/app",
    "registry.example.org:5000/app:latest", "registry.example.org:5000/app:1.0",
    "--platform=linux/amd64 debian", "debian AS build",
)  # fmt: skip
"""What may stand behind ``FROM``."""
