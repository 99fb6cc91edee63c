"""The library's face: open a reference, analyse the image behind it.

    image = open_image("docker-archive:app.tar")
    try:
        analysis = analyse_image(image)
    finally:
        image.close()

Nothing here prints, exits or reads the environment.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from layerlens.analysis.analyse import Look, analyse
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.model import RuleSet
from layerlens.analysis.rules.registry import RuleSets, fingerprint, rule_sets
from layerlens.analysis.rules.settings import RuleSettings
from layerlens.described import base_finder, describe
from layerlens.errors import LayerLensError, SourceError
from layerlens.filesystem.stack import Semantics
from layerlens.image.digest import Digest
from layerlens.image.dockerfile import Dockerfile
from layerlens.image.platforms import PlatformRow
from layerlens.image.reference import parse_reference
from layerlens.layers.known import KnownLayers
from layerlens.progress import Progress, Step, silent
from layerlens.retrieval import Retrieval
from layerlens.sources.build_context import scan_context
from layerlens.sources.image import Image, ReadOptions
from layerlens.sources.places import diff_ids_of, open_reference, platforms_of

_DEFAULT = ReadOptions()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules to run, and how the user wants them.

    ``dockerfile`` is what made the image, where the user gave it, and ``target``
    the stage: findings then name its lines.  ``context`` is the folder that it is
    built in, for rules about what is sent.  ``sets`` are all that there are, own
    and third parties', unless they are given.  With ``remember`` a cache may know
    the findings of an image; then its packages are not listed.
    """

    sets: Sequence[RuleSet] | None = None
    settings: RuleSettings = field(default_factory=RuleSettings)
    dockerfile: Dockerfile | None = None
    target: str | None = None
    context: str | None = None
    dockerfile_path: str | None = None
    remember: bool = False


_IMAGE_FILES = ("oci-layout", "index.json", "manifest.json")


def open_image(text: str, options: ReadOptions = _DEFAULT, progress: Progress = silent) -> Image:
    """Open what a user typed.  Raises :class:`LayerLensError`.

    An image that can only be read in one pass (an engine's export, a compressed
    archive, stdin) is read here; the layers of others are read by analysing.
    """
    image = open_reference(parse_reference(text, _is_there), options, progress)
    if options.arrivals is not None:
        try:
            image.announce(options.arrivals)
        except BaseException:
            image.close()
            raise
    return image


def looking_inside(options: ReadOptions = _DEFAULT) -> ReadOptions:
    """The options with which an image is opened when rules are to run.

    Contents that pass while it is opened are looked into then, since they pass once.
    """
    from layerlens.analysis.contents.examiner import default_examiner  # as for its parts

    return options.examining(default_examiner())


def _is_there(path: str) -> bool:
    """Whether a word is a path: a file, or a directory that holds an image.

    A folder that happens to be called like an image does not hide it, unless
    the word is plainly a path.
    """
    if not os.path.isdir(path):
        return os.path.exists(path)
    return path.startswith((".", "/")) or any(
        os.path.exists(os.path.join(path, name)) for name in _IMAGE_FILES
    )


def list_platforms(
    text: str,
    options: ReadOptions = _DEFAULT,
    *,
    read: bool = False,
    progress: Progress = silent,
) -> list[PlatformRow]:
    """The platforms of an image, whether their content is there or not.

    What is on this machine is read for its content; a registry's layers are
    only fetched with ``read``.  Raises :class:`LayerLensError`.
    """
    options = replace(options, arrivals=None)  # which are of one image
    return platforms_of(parse_reference(text, _is_there), options, read=read, progress=progress)


def base_layers(text: str, options: ReadOptions = _DEFAULT) -> tuple[Digest, ...]:
    """The diff_ids of a base image that the user names, without reading its layers."""
    options = replace(options, arrivals=None)  # which are of the image above the base
    return diff_ids_of(parse_reference(text, _is_there), options)


def layers_in_common(texts: Iterable[str], options: ReadOptions = _DEFAULT) -> frozenset[Digest]:
    """The diff_ids that several of these images promise, of those that lie plain on this machine.

    Their layers are read in place, where no digest is computed unless it is asked for:
    give these to :attr:`ReadOptions.certain`, and a cache knows them in the next image.
    What cannot be opened is passed over: reading it will tell.
    """
    from layerlens.sources.promised import plain_layers  # few runs have several images

    options = replace(options, arrivals=None, stdin=None)
    counts: Counter[Digest] = Counter()
    for text in dict.fromkeys(texts):
        with suppress(LayerLensError):
            counts.update(set(plain_layers(parse_reference(text, _is_there), options)))
    return frozenset(diff_id for diff_id, count in counts.items() if count > 1)


def analyse_image(
    image: Image,
    options: ReadOptions = _DEFAULT,
    *,
    base: str | None = None,
    semantics: Semantics = Semantics.DOCKER,
    rules: Rules | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Read the layers of an opened image and make its analysis.

    ``base`` is the reference of the base image, where the user names one;
    ``rules`` are run where they are given; then open the image with the options
    of :func:`looking_inside`, for else contents that passed were not looked into.
    Raises :class:`ImageError`; :class:`UsageError` where ``base`` is not the base.
    """
    if rules is not None and options.examiner is None:
        options = looking_inside(options)
    given = None
    if base:
        given = base_layers(base, replace(options, platform=image.config.platform, select=None))
        if options.arrivals is not None:
            options.arrivals.named_base(base, given)
    reads = image.read(options, progress)
    look = None
    if rules is not None:
        progress(Step("looking into files"))
        look = Look(
            contents=lambda: image.examine(options),
            reread=image.reread,
            rule_sets=_rule_sets(rules),
            memory=_memory(image, options, rules, semantics),
            settings=rules.settings,
            dockerfile=rules.dockerfile,
            target=rules.target,
            build_context=(
                None
                if rules.context is None
                else scan_context(rules.context, rules.dockerfile_path)
            ),
        )
    progress(Step("stacking layers"))
    announced = image.announcement()
    return analyse(
        describe(announced, reads),
        image.same_content,
        base_finder(announced, given, base),
        semantics,
        look,
    )


def retrieve(image: Image, analysis: Analysis, options: ReadOptions = _DEFAULT) -> Retrieval:
    """Contents of an image that is open and was analysed.

    The image belongs to the retrieval from now on: closing that closes it.
    """
    from layerlens.retrieval.image import ImageRetrieval  # most runs fetch nothing

    return ImageRetrieval(analysis, lambda _: image, image=image, limit=options.max_layer)


def reopen(reference: str, options: ReadOptions, analysis: Analysis) -> Retrieval:
    """Contents of an analysed image that is not open.

    It is opened when the first content is asked for, without its layers being
    read again where that can be avoided.  Raises :class:`SourceError` then
    where what lies there is another image.
    """
    from layerlens.retrieval.analysed import AnalysedLayers
    from layerlens.retrieval.image import ImageRetrieval, estimated_cost, insist_on_same

    def opened(progress: Progress) -> Image:
        if reference == "-":
            raise SourceError(
                "what came on stdin has passed", hint="save the image to a file and look at that"
            )
        chosen = replace(
            options,
            cache=AnalysedLayers(analysis, options.cache),
            verify=None if options.verify else options.verify,
            platform=options.platform or analysis.image.platform,
            examiner=None,
            arrivals=None,
        )
        image = open_image(reference, chosen, progress)
        try:
            insist_on_same(image, analysis, chosen.max_layer)
        except BaseException:
            image.close()
            raise
        return image

    return ImageRetrieval(
        analysis,
        opened,
        estimate=partial(estimated_cost, analysis),
        limit=options.max_layer,
    )


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a cache knows of one image under one set of rules."""

    cache: KnownLayers
    about: str

    def recall(self, on: str) -> bytes | None:
        return self.cache.judgement(f"{self.about}\0{on}")

    def keep(self, on: str, record: bytes) -> None:
        self.cache.keep_judgement(f"{self.about}\0{on}", record)


def _rule_sets(rules: Rules) -> Callable[[], RuleSets]:
    if rules.sets is None:
        return partial(rule_sets, rules.settings)
    return partial(RuleSets, tuple(rules.sets))


def _memory(
    image: Image, options: ReadOptions, rules: Rules, semantics: Semantics
) -> _Remembered | None:
    """A memory of findings, where all that they depend on has a name."""
    cache = options.cache
    if cache is None or not rules.remember or rules.sets is not None or options.verify:
        return None
    if rules.dockerfile is not None or rules.context is not None or options.examiner is None:
        return None
    layers = image.identities()
    if layers is None:
        return None
    depends = (
        fingerprint(), options.examiner.version, repr(rules.settings), semantics.value,
        repr(image.config), repr(image.tags), repr(sorted(image.annotations.items())),
        *layers,
    )  # fmt: skip
    return _Remembered(cache, "\0".join(depends))
