"""What the page is told of findings beside the document: rules, what-if, secrets' places."""

from __future__ import annotations

from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.fixparts import fix_parts
from layerlens.analysis.rules.model import Topic
from layerlens.outputs.commands import extract_command
from layerlens.outputs.display import encodable
from layerlens.outputs.html.whatif import atoms

Json = dict[str, Any]


def judgement_data(analysis: Analysis) -> Json | None:
    """What the findings and security views need, ``None`` where rules did not run.

    ``rules``: id -> what it is and why, for the rules that found something; ``quiet``:
    [id, title, topic] of those that ran and found nothing; ``fixes``: of each finding, in
    their order, the kinds and texts of its fix's parts; ``what_if``: see
    :class:`~layerlens.outputs.html.whatif.Atoms`; ``held``: finding -> where each path
    that it shows lies, see :func:`_held`.
    """
    judged = analysis.judged
    if judged is None:
        return None
    rules = {finding.rule.id: finding.rule for finding in judged.findings}
    return {
        "rules": {
            encodable(rule.id): {
                "title": encodable(rule.title),
                "why": encodable(rule.why),
                "keep": encodable(rule.keep),
                "source": encodable(rule.source),
            }
            for rule in rules.values()
        },
        "quiet": [
            [encodable(each.id), encodable(each.title), each.topic.value] for each in judged.quiet
        ],
        "fixes": [
            [[part.kind.value, encodable(part.text)] for part in fix_parts(finding.fix)]
            for finding in judged.findings
        ],
        "what_if": atoms(analysis).fields(),
        "held": {
            str(k): held
            for k, finding in enumerate(judged.findings)
            if finding.rule.topic is Topic.SECRETS and (held := _held(analysis, finding))
        },
    }


def _held(analysis: Analysis, finding: Finding) -> list[Json]:
    """Where the files of a finding lie, in the order of its paths.

    ``lost``: the layer that removed or replaced it, ``None`` where it is in the final
    filesystem; ``command`` gets it out (``None`` where the very layer lost it again, or
    where the path is none of that layer's).
    """
    fs, layer = analysis.filesystem, finding.layer
    if layer is None or not finding.paths:
        return []
    wanted = set(finding.paths)
    versions = {
        fs.paths[version]: version
        for version in range(fs.first[layer], fs.first[layer + 1])
        if fs.paths[version] in wanted
    }
    inodes, deaths = set(map(fs.inode, versions.values())), fs.deaths
    lost = {
        inode: killer
        for inode, killer in zip(deaths.inode, deaths.layer, strict=True)
        if inode in inodes
    }
    reference = analysis.image.reference
    found: list[Json] = []
    for path in finding.paths:
        version = versions.get(path)
        if version is None:
            found.append({"lost": None, "command": None})
            continue
        gone = lost.get(fs.inode(version))
        command = None if gone == layer else extract_command(reference, path, layer)
        found.append({"lost": gone, "command": command})
    return found
