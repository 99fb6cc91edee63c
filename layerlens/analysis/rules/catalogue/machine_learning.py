"""Models, their caches, and the parts of frameworks for hardware that is not there."""

from __future__ import annotations

from layerlens.analysis.rules.catalogue.advice import DEFAULT_PATH, mounted
from layerlens.analysis.rules.catalogue.conditions import (
    no_variable,
    other_formats,
    unpacked_twins,
    unreferenced_blobs,
)
from layerlens.analysis.rules.model import Confidence, LedgerClass, PathRule, Severity, Topic

_CACHE = LedgerClass.PACKAGE_CACHES
_VOLUME = "Mount a volume at the cache's directory, where the model need not be in the image."

RULES = (
    PathRule(
        id="huggingface-models",
        title="models and data sets of Hugging Face",
        topic=Topic.CONTENT,
        why="Models in an image make each pull as large as they are. Often that is meant.",
        fix=_VOLUME,
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.INFO,
        trade_off="A container fetches the model when it starts.",
        source="huggingface_hub's documentation",
        paths=("~/.cache/huggingface/{hub,datasets,assets,modules}/**",),
        moved_by={
            "HF_HOME": ("{hub,datasets,assets,modules}/**",),
            "HF_HUB_CACHE": ("**",),
            "TRANSFORMERS_CACHE": ("**",),
        },
    ),
    PathRule(
        id="huggingface-leftovers",
        title="unfinished and unused downloads of models",
        topic=Topic.CONTENT,
        why="Downloads that broke off, pieces of transfers, and files that no snapshot leads to.",
        fix=mounted("hf download <model> --local-dir /models/<model>", "/root/.cache/huggingface"),
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        keep="Files that a snapshot leads to.",
        source="huggingface_hub's documentation",
        paths=(
            "~/.cache/huggingface/hub/**/blobs/*",
            "~/.cache/huggingface/xet/**",
        ),
        where=unreferenced_blobs,
        moved_by={
            "HF_HOME": ("hub/**/blobs/*", "xet/**"),
            "HF_HUB_CACHE": ("**/blobs/*",),
        },
    ),
    PathRule(
        id="model-duplicate-formats",
        title="weights of one model in several formats",
        topic=Topic.CONTENT,
        why="Frameworks read safetensors where they are there; the same weights for TensorFlow, "
        "Flax or older PyTorch are not looked at.",
        fix="RUN hf download <model> --include '*.safetensors' --include '*.json'",
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.DUPLICATES,
        keep="Weights without safetensors in the same directory.",
        source="huggingface_hub's documentation",
        paths=(
            "**/{tf_model.h5,flax_model.msgpack,rust_model.ot,pytorch_model*.bin}",
            "~/.cache/huggingface/hub/**/blobs/*",
        ),
        where=other_formats,
        moved_by={"HF_HOME": ("hub/**/blobs/*",), "HF_HUB_CACHE": ("**/blobs/*",)},
    ),
    PathRule(
        id="torch-cache",
        title="downloads and kernels in PyTorch's cache",
        topic=Topic.CONTENT,
        why="Archives of repositories are unpacked beside; kernels are compiled anew for the "
        "hardware that is there.",
        fix=mounted("python download_models.py", "/root/.cache/torch"),
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        source="PyTorch's documentation",
        paths=("~/.cache/torch/kernels/**", "~/.cache/torch/hub/*.zip"),
        moved_by={"TORCH_HOME": ("kernels/**", "hub/*.zip")},
    ),
    PathRule(
        id="torch-models",
        title="models in PyTorch's cache",
        topic=Topic.CONTENT,
        why="Models in an image make each pull as large as they are. Often that is meant.",
        fix=_VOLUME,
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.INFO,
        trade_off="A container fetches the model when it starts.",
        source="PyTorch's documentation",
        paths=("~/.cache/torch/hub/**",),
        except_paths=("~/.cache/torch/hub/*.zip",),
        moved_by={"TORCH_HOME": ("hub/**",)},
    ),
    PathRule(
        id="cuda-libraries",
        title="CUDA libraries in an image without a GPU",
        topic=Topic.CONTENT,
        why="PyTorch's usual wheels bring gigabytes of CUDA. The image does not ask for a GPU: it "
        "sets no NVIDIA_ variable.",
        fix="RUN pip install --index-url https://download.pytorch.org/whl/cpu torch",
        confidence=Confidence.LIKELY,
        ledger_class=LedgerClass.UNNEEDED_PACKAGES,
        trade_off="The image cannot use a GPU. Clusters may lend one to containers that do not ask.",
        keep="Images that set NVIDIA_VISIBLE_DEVICES or another such variable.",
        source="PyTorch's documentation of installation",
        paths=("**/site-packages/nvidia/**", "**/torch/lib/libtorch_cuda*.so"),
        owned="flag",
        where=no_variable("NVIDIA_", "CUDA_"),
    ),
    PathRule(
        id="nltk-archives",
        title="archives of NLTK beside what was unpacked",
        topic=Topic.CONTENT,
        why="NLTK downloads archives and unpacks most of them; both are kept.",
        fix="RUN python -m nltk.downloader <name> && find / -path '*nltk_data*' -name '*.zip' -delete",
        ledger_class=_CACHE,
        keep="Archives without an unpacked twin: NLTK reads them.",
        source="NLTK's documentation",
        paths=("{~/,usr/{local/,}share/,usr/{local/,}lib/,}nltk_data/**/*.zip",),
        where=unpacked_twins,
        moved_by={"NLTK_DATA": ("**/*.zip",)},
    ),
    PathRule(
        id="model-caches",
        title="models in caches of libraries",
        topic=Topic.CONTENT,
        why="Models in an image make each pull as large as they are. Often that is meant.",
        fix=_VOLUME,
        confidence=Confidence.HINT,
        ledger_class=LedgerClass.OTHER,
        most=Severity.INFO,
        trade_off="A container fetches the model when it starts.",
        source=DEFAULT_PATH,
        paths=(
            "~/.{keras,cache/{tfhub_modules,whisper,clip,gdown,kagglehub,modelscope}}/**",
            "~/.cache/{sentence_transformers*,paddle*}/**",
        ),
        moved_by={"KERAS_HOME": ("{models,datasets}/**",), "TFHUB_CACHE_DIR": ("**",)},
    ),
    PathRule(
        id="compiled-kernels",
        title="caches of compiled kernels and plots",
        topic=Topic.CONTENT,
        why="Triton, PyTorch, Numba, JAX and matplotlib make them anew for the machine that is there.",
        fix=mounted("python warm_up.py", "/root/.cache"),
        confidence=Confidence.LIKELY,
        ledger_class=_CACHE,
        trade_off="The first call is slower, where the cache fits the machine and was meant.",
        source=DEFAULT_PATH,
        paths=(
            "~/.{triton/cache,cache/{torch_extensions,matplotlib,numba,jax}}/**",
            "tmp/torchinductor_*/**",
        ),
    ),
)
