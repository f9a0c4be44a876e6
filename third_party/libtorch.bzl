"""LibTorch, as unpacked from the torch wheel by third_party/install.sh."""

_BUILD = """
package(default_visibility = ["//visibility:public"])

config_setting(
    name = "cuda",
    define_values = {"anneal_cuda": "1"},
)

cc_import(name = "c10", shared_library = "lib/libc10.so")
cc_import(name = "gomp", shared_library = "lib/libgomp.so.1")
cc_import(name = "torch_cpu", shared_library = "lib/libtorch_cpu.so")
cc_import(name = "cudart", shared_library = "lib/libcudart.so.13")
cc_import(name = "cupti", shared_library = "lib/libcupti.so.13")
cc_import(name = "c10_cuda", shared_library = "lib/libc10_cuda.so")
cc_import(name = "torch_cuda", shared_library = "lib/libtorch_cuda.so")

# What libtorch_cuda.so needs is found when a program starts, by the program's
# DT_RPATH: a DT_RUNPATH would not serve the libraries' own needs.
cc_library(
    name = "torch_with_cuda",
    linkopts = [
        "-Wl,--allow-shlib-undefined",
        "-Wl,--disable-new-dtags",
        "-Wl,-rpath,{cache}/cuda/lib",
        "-Wl,-rpath,{cache}/libtorch/lib",
    ],
    deps = [":c10_cuda", ":torch_cuda"],
)

cc_library(
    name = "torch",
    # The headers that C++ users need; every file here is an input of every
    # compile action.
    hdrs = glob(
        [
            "gloo/gloo/**/*.h",
            "include/ATen/**/*.h",
            "include/c10/**/*.h",
            "include/torch/**/*.h",
            "include/torch/**/*.hpp",
        ],
        exclude = [
            "include/ATen/hip/**",
            "include/ATen/miopen/**",
            "include/ATen/mps/**",
            "include/ATen/native/**",
            "include/ATen/xpu/**",
            "include/torch/csrc/distributed/rpc/**",
            "include/torch/csrc/dynamo/**",
            "include/torch/csrc/inductor/**",
            "include/torch/csrc/lazy/**",
            "include/torch/csrc/stable/**",
        ],
    ),
    # NDEBUG is part of LibTorch's ABI: without it at::RecordFunction has one
    # member more here than in the library.
    defines = ["NDEBUG", "USE_DISTRIBUTED", "USE_C10D_GLOO"],
    includes = ["gloo", "include", "include/torch/csrc/api/include"],
    deps = [":c10", ":cudart", ":cupti", ":gomp", ":torch_cpu"] + select({
        ":cuda": [":torch_with_cuda"],
        "//conditions:default": [],
    }),
)

# What c10d's NCCL headers need beside LibTorch's; with --config=cuda only.
cc_library(
    name = "nccl",
    hdrs = glob(["cuda/**"], allow_empty = True),
    defines = ["USE_C10D_NCCL", "USE_CUDA"],
    includes = ["cuda"],
    deps = [":torch"],
)
"""

def _libtorch_wheel(ctx):
    cache = ctx.os.environ.get("ANNEAL_CACHE", "")
    if not cache:
        cache = ctx.os.environ["HOME"] + "/.cache/anneal"
    root = cache + "/libtorch"
    if not ctx.path(root + "/lib/libtorch_cpu.so").exists:
        fail("LibTorch is not in %s. Run ./bazelw once: it installs it." % root)
    for folder in ["ATen", "c10", "torch"]:  # google/ would be protobuf 3.13
        ctx.symlink(root + "/include/" + folder, "include/" + folder)

    # The wheel has c10d's Gloo code but not gloo's own headers.
    ctx.symlink("/usr/include/gloo", "gloo/gloo")
    ctx.symlink(root + "/lib", "lib")
    if ctx.path(cache + "/cuda/cuda_include").exists:
        for header in ctx.path(cache + "/cuda/cuda_include").readdir():
            ctx.symlink(header, "cuda/" + header.basename)
    ctx.file("BUILD", _BUILD.replace("{cache}", cache))

libtorch_wheel = repository_rule(
    doc = "@libtorch//:torch.",
    implementation = _libtorch_wheel,
    environ = ["ANNEAL_CACHE", "HOME"],
    local = True,
)
