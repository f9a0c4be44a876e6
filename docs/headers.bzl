"""The headers of libraries, for a test that reads them."""

def _headers_impl(ctx):
    headers = depset(transitive = [
        dep[CcInfo].compilation_context.headers
        for dep in ctx.attr.deps
    ])
    own = [
        header
        for header in headers.to_list()
        if "external/" not in header.path
    ]
    return [DefaultInfo(files = depset(own), runfiles = ctx.runfiles(own))]

# Every header of this workspace, generated ones too, that `deps` can see.
headers = rule(
    implementation = _headers_impl,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
)
