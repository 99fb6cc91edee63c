// What the words of the report mean, and the classes of bytes, in a line each.

/** Words that stand in several views. */
export const WORDS = [
  ["Layer", "One step of an image: the files that an instruction added, changed or deleted. Layers lie on each other, the lowest is number 0."],
  ["Path and version", "A path is a name in the filesystem. Each layer that writes it makes a version of it. Only the last one is seen in a container."],
  ["Base and yours", "The base is the image that yours was built on (FROM). Its layers come first. All layers above it are yours."],
  ["Total bytes", "Contents of all files of all layers. This is what an image ships, uncompressed."],
  ["Live bytes", "What a container sees: contents of the final filesystem. A file with several names counts once."],
  ["Dead bytes", "Shipped, but no container sees them: a later layer deleted or replaced them. Total less live."],
  ["Dead and Kills, of a layer", "Dead: its own bytes that it or a later layer made unreachable. Kills: bytes, its own and of lower layers, that it made unreachable. Each adds up to the dead bytes."],
  ["Removable bytes", "Live bytes that a finding says need not be there, such as caches and compilers. Each byte belongs to one class only."],
  ["Kept bytes", "All others: live bytes that no finding claims."],
  ["Cause", "Why bytes are dead."],
  ["Ledger", "The table in which every byte of every layer stands once: kept, dead by cause, or removable by class. Its rows add up to the total."],
  ["Finding", "What a rule says of the image: the bytes in question, the layer to blame, and how to mend it."],
  ["Blame", "The instruction that a change has to be made at. For files that were deleted later it is the one that left them behind."],
  ["Saving", "What comes back when one fix is made. Savings of several findings count shared bytes once."],
  ["Confidence", "Certain: a database, a lock file or the bytes themselves say so. Likely: the path says so. Hint: somebody may want it so. Hints claim no bytes."],
  ["On the wire (transfer, ≈)", "Compressed bytes, as a registry sends them. Known where the layers were read compressed."],
];

/** Classes of bytes, in the order of the ledger's rules: kind, class, what it is. */
export const CLASSES = [
  ["kept", "live", "In the final filesystem, and no finding claims it."],
  ["dead", "deleted", "A later layer deleted the file. It still ships with the layer that brought it."],
  ["dead", "replaced", "A later layer wrote other content at the same path."],
  ["dead", "metadata", "A later layer wrote the same content again, for a chmod, chown or touch: it ships twice."],
  ["dead", "opaque", "A later layer made the whole directory anew. Nothing of the old one is seen."],
  ["dead", "type_changed", "A later layer put a link, a directory or another thing at the path."],
  ["dead", "duplicate_entry", "One layer holds the path more than once. Only the last entry counts."],
  ["dead", "marker", "Content in a deletion marker, which nothing places anywhere."],
  ["removable", "secrets", "Keys, tokens and passwords. They have to be revoked, too."],
  ["removable", "package-caches", "Downloads and lists that package managers leave behind."],
  ["removable", "dev-dependencies", "Packages that only development and tests need."],
  ["removable", "build-tools", "Compilers and other programs that only a build needs."],
  ["removable", "unneeded-packages", "Packages that nothing needs, or that were only recommended."],
  ["removable", "build-leftovers", "What a build made on its way: object files, static libraries, headers, sources."],
  ["removable", "installers", "Archives and installers that were unpacked or run already."],
  ["removable", "vcs-and-editor", "Version control's, editors' and desktops' own files."],
  ["removable", "logs-and-temporary", "Logs, temporary files, backups, dumps."],
  ["removable", "documentation", "Manuals and other texts for people."],
  ["removable", "locales", "Translations into languages that nobody reads there."],
  ["removable", "tests-and-examples", "Tests and examples that packages bring along."],
  ["removable", "bytecode", "Compiled code that is stale, or stands beside its source twice."],
  ["removable", "debug-information", "Debug sections and symbol tables, which running needs not."],
  ["removable", "duplicates", "The same content under several paths."],
  ["removable", "other", "What no other class fits."],
];
