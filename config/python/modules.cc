#include "config/python/modules.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/arithmetic.h"
#include "config/python/items.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

constexpr absl::string_view kStandardModules[] = {
    "__future__",   "abc",
    "argparse",     "array",
    "ast",          "asyncio",
    "atexit",       "base64",
    "binascii",     "bisect",
    "builtins",     "bz2",
    "calendar",     "cmath",
    "codecs",       "collections",
    "colorsys",     "concurrent",
    "configparser", "contextlib",
    "contextvars",  "copy",
    "copyreg",      "csv",
    "ctypes",       "curses",
    "dataclasses",  "datetime",
    "dbm",          "decimal",
    "difflib",      "dis",
    "email",        "enum",
    "errno",        "faulthandler",
    "fcntl",        "filecmp",
    "fileinput",    "fnmatch",
    "fractions",    "ftplib",
    "functools",    "gc",
    "getopt",       "getpass",
    "gettext",      "glob",
    "graphlib",     "grp",
    "gzip",         "hashlib",
    "heapq",        "hmac",
    "html",         "http",
    "imaplib",      "importlib",
    "inspect",      "io",
    "ipaddress",    "itertools",
    "json",         "keyword",
    "linecache",    "locale",
    "logging",      "lzma",
    "mailbox",      "marshal",
    "math",         "mimetypes",
    "mmap",         "multiprocessing",
    "netrc",        "numbers",
    "operator",     "optparse",
    "os",           "pathlib",
    "pdb",          "pickle",
    "pickletools",  "pkgutil",
    "platform",     "plistlib",
    "poplib",       "posix",
    "posixpath",    "pprint",
    "profile",      "pstats",
    "pty",          "pwd",
    "py_compile",   "queue",
    "quopri",       "random",
    "re",           "readline",
    "reprlib",      "resource",
    "runpy",        "sched",
    "secrets",      "select",
    "selectors",    "shelve",
    "shlex",        "shutil",
    "signal",       "site",
    "smtplib",      "socket",
    "socketserver", "sqlite3",
    "ssl",          "stat",
    "statistics",   "string",
    "stringprep",   "struct",
    "subprocess",   "symtable",
    "sys",          "sysconfig",
    "syslog",       "tarfile",
    "telnetlib",    "tempfile",
    "termios",      "test",
    "textwrap",     "threading",
    "time",         "timeit",
    "tkinter",      "token",
    "tokenize",     "trace",
    "traceback",    "tracemalloc",
    "tty",          "turtle",
    "types",        "typing",
    "unicodedata",  "unittest",
    "urllib",       "uuid",
    "venv",         "warnings",
    "wave",         "weakref",
    "webbrowser",   "wsgiref",
    "xml",          "xmlrpc",
    "zipapp",       "zipfile",
    "zipimport",    "zlib",
    "zoneinfo"};

using RealFunction = double (*)(double);

template <RealFunction kFunction>
absl::StatusOr<Value> Real(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  if (!IsNumber(call.arguments[0])) {
    return CallError(call, "it takes a number");
  }
  const double argument = AsReal(call.arguments[0]);
  const double result = kFunction(argument);
  if (!std::isfinite(result) && std::isfinite(argument)) {
    return CallError(call, "the number is out of range");
  }
  return Value(result, call.mark);
}

template <RealFunction kFunction>
absl::StatusOr<Value> Whole(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  const Value& number = call.arguments[0];
  if (!IsNumber(number)) return CallError(call, "it takes a number");
  if (IsInteger(number)) return Value(AsInteger(number), call.mark);
  return Truncated(kFunction(AsReal(number)), call.mark, call.heap);
}

absl::StatusOr<Value> Log(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 2));
  for (const Value& number : call.arguments) {
    if (!IsNumber(number) || AsReal(number) <= 0) {
      return CallError(call, "it takes numbers above 0");
    }
  }
  const double log = std::log(AsReal(call.arguments[0]));
  if (call.arguments.size() == 1) return Value(log, call.mark);
  return Arithmetic(BinaryOperator::kDivide, Value(log, call.mark),
                    Value(std::log(AsReal(call.arguments[1])), call.mark),
                    call.mark, call.heap);
}

absl::StatusOr<Value> Power(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  for (const Value& number : call.arguments) {
    if (!IsNumber(number)) {
      return CallError(call, "it takes numbers");
    }
  }
  return Arithmetic(
      BinaryOperator::kPower, Value(AsReal(call.arguments[0]), call.mark),
      Value(AsReal(call.arguments[1]), call.mark), call.mark, call.heap);
}

absl::StatusOr<Value> Copy(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  return ShallowCopy(call.arguments[0], call.mark, call.heap);
}

absl::StatusOr<Value> Deep(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  return DeepCopy(call.arguments[0], call.mark, call.heap);
}

absl::StatusOr<Value> JoinPath(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 100));
  std::string path;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string part, TextArgument(call, i));
    if (absl::StartsWith(part, "/")) {
      path = part;
    } else {
      const bool has_end = path.empty() || absl::EndsWith(path, "/");
      absl::StrAppend(&path, has_end ? "" : "/", part);
    }
  }
  return call.heap->NewText(std::move(path), call.mark);
}

absl::StatusOr<Value> BaseName(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string path, TextArgument(call, 0));
  return call.heap->NewText(path.substr(path.rfind('/') + 1), call.mark);
}

absl::StatusOr<Value> DirName(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string path, TextArgument(call, 0));
  std::string head = path.substr(0, path.rfind('/') + 1);
  const size_t last = head.find_last_not_of('/');
  if (last != head.npos) head.resize(last + 1);
  return call.heap->NewText(std::move(head), call.mark);
}

absl::StatusOr<Value> SplitExtension(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string path, TextArgument(call, 0));
  const size_t name = path.rfind('/') + 1;
  const size_t dot = path.rfind('.');
  // Dots that a name begins with are no extension.
  const size_t first = path.find_first_not_of('.', name);
  const bool has_one = dot != path.npos && first != path.npos && dot > first;
  const size_t at = has_one ? dot : path.size();
  return call.heap->NewTuple({call.heap->NewText(path.substr(0, at), call.mark),
                              call.heap->NewText(path.substr(at), call.mark)},
                             call.mark);
}

struct Member {
  absl::string_view module;
  absl::string_view name;
  Native native;
};
constexpr Member kFunctions[] = {
    {"copy", "copy", Copy},
    {"copy", "deepcopy", Deep},
    {"math", "ceil", Whole<std::ceil>},
    {"math", "cos", Real<std::cos>},
    {"math", "exp", Real<std::exp>},
    {"math", "fabs", Real<std::fabs>},
    {"math", "floor", Whole<std::floor>},
    {"math", "log", Log},
    {"math", "log10", Real<std::log10>},
    {"math", "log2", Real<std::log2>},
    {"math", "pow", Power},
    {"math", "sin", Real<std::sin>},
    {"math", "sqrt", Real<std::sqrt>},
    {"math", "tan", Real<std::tan>},
    {"math", "tanh", Real<std::tanh>},
    {"math", "trunc", Whole<std::trunc>},
    {"os.path", "basename", BaseName},
    {"os.path", "dirname", DirName},
    {"os.path", "join", JoinPath},
    {"os.path", "splitext", SplitExtension},
};

constexpr std::pair<absl::string_view, double> kNumbers[] = {
    {"e", 2.718281828459045},
    {"inf", std::numeric_limits<double>::infinity()},
    {"nan", std::numeric_limits<double>::quiet_NaN()},
    {"pi", 3.141592653589793},
    {"tau", 6.283185307179586}};

}  // namespace

bool IsBuiltinModule(absl::string_view module) {
  if (absl::StartsWith(module, "mmengine.config")) return true;
  const absl::string_view first = module.substr(0, module.find('.'));
  return std::find(std::begin(kStandardModules), std::end(kStandardModules),
                   first) != std::end(kStandardModules);
}

bool FindInModule(const std::string& module, const std::string& name, Mark mark,
                  Heap* heap, Value* result) {
  if (module == "os" && name == "path") {
    Module* path = heap->New<Module>();
    path->name = "os.path";
    *result = Value(static_cast<const Module*>(path), mark);
    return true;
  }
  for (const Member& member : kFunctions) {
    if (member.module != module || member.name != name) continue;
    Function* function = heap->New<Function>();
    function->name = name;
    function->native = member.native;
    *result = Value(static_cast<const Function*>(function), mark);
    return true;
  }
  for (const auto& [number, value] : kNumbers) {
    if (module != "math" || number != name) continue;
    *result = Value(value, mark);
    return true;
  }
  return false;
}

}  // namespace anneal::config::python
