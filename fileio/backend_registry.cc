#include "fileio/backend_registry.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "fileio/local/local_backend.h"
#include "fileio/uri.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

absl::StatusOr<std::unique_ptr<const FileBackend>> MakeLocal(
    const BackendArgs& args) {
  RETURN_IF_ERROR(BackendArgsReader("local", args).Finish());
  return std::make_unique<LocalBackend>();
}

absl::string_view PrefixOf(absl::string_view uri) {
  const size_t end = uri.find("://");
  if (end == uri.npos) return "";
  const absl::string_view before = uri.substr(0, end);
  return before.substr(before.rfind(':') + 1);  // without a cluster's name
}

// The same bytes for equal arguments.
std::string KeyOf(const BackendArgs& args) {
  std::string key;
  if (args.fields().empty()) return key;
  google::protobuf::io::StringOutputStream stream(&key);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  args.SerializeToCodedStream(&coded);
  return key;
}

class Backends {
 public:
  static Backends& Get() {
    static Backends* backends = new Backends;
    return *backends;
  }

  Backends() {
    factories_["local"] = {&MakeLocal, 0};
    by_prefix_[""] = by_prefix_["file"] = "local";
  }

  absl::Status Add(const std::string& name, BackendFactory factory,
                   const std::vector<std::string>& prefixes, bool force) {
    absl::MutexLock lock(&mutex_);
    if (!force) {
      if (factories_.count(name) > 0) return Taken(name);
      for (const std::string& prefix : prefixes) {
        if (by_prefix_.count(prefix) > 0) {
          return Taken(absl::StrCat(prefix, "://"));
        }
      }
    }
    factories_[name] = {std::move(factory), ++num_added_};
    for (const std::string& prefix : prefixes) by_prefix_[prefix] = name;
    return absl::OkStatus();
  }

  absl::StatusOr<const FileBackend*> Find(absl::string_view uri,
                                          const BackendArgs& args) {
    BackendFactory make;
    ASSIGN_OR_RETURN(Instance * instance, FindInstance(uri, args, &make));
    // Not under mutex_: a factory may read files itself.
    absl::MutexLock lock(&instance->mutex);
    if (instance->backend == nullptr) {
      BackendArgs own_args = args;
      own_args.mutable_fields()->erase("backend");
      ASSIGN_OR_RETURN(instance->backend, make(own_args));
    }
    return instance->backend.get();
  }

 private:
  struct Factory {
    BackendFactory make;
    // Tells what was made by a factory that was replaced.
    int64_t number;
  };

  // Made once, at first use.
  struct Instance {
    absl::Mutex mutex;
    std::unique_ptr<const FileBackend> backend ABSL_GUARDED_BY(mutex);
  };

  absl::StatusOr<Instance*> FindInstance(absl::string_view uri,
                                         const BackendArgs& args,
                                         BackendFactory* make) {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const std::string name, NameFor(uri, args));
    const Factory& factory = factories_.at(name);
    *make = factory.make;
    auto& instance = instances_[std::make_pair(factory.number, KeyOf(args))];
    if (instance == nullptr) instance = std::make_unique<Instance>();
    return instance.get();
  }

  static absl::Status Taken(absl::string_view what) {
    return absl::AlreadyExistsError(
        absl::StrCat("a file backend for ", what,
                     " is registered already; force replaces it"));
  }

  absl::StatusOr<std::string> NameFor(absl::string_view uri,
                                      const BackendArgs& args) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto first = [](std::string* out, const auto& item) {
      absl::StrAppend(out, item.first);
    };
    if (auto it = args.fields().find("backend"); it != args.fields().end()) {
      const std::string& name = it->second.string_value();
      if (factories_.count(name) > 0) return name;
      return absl::NotFoundError(absl::StrCat(
          "backend_args: no backend \"", name,
          "\" is linked; there are: ", absl::StrJoin(factories_, ", ", first),
          "; //fileio:all_backends has all"));
    }
    const std::string prefix(PrefixOf(uri));
    if (auto it = by_prefix_.find(prefix); it != by_prefix_.end()) {
      return it->second;
    }
    return absl::NotFoundError(absl::StrCat(
        ShownPath(uri), ": no backend for ", prefix,
        ":// is linked; there are: ",
        absl::StrJoin(std::next(by_prefix_.begin()), by_prefix_.end(), ", ",
                      [](std::string* out, const auto& item) {
                        absl::StrAppend(out, item.first, "://");
                      }),
        "; //fileio:all_backends has all"));
  }

  absl::Mutex mutex_;
  int64_t num_added_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Factory> factories_ ABSL_GUARDED_BY(mutex_);
  // Prefix -> name.
  std::map<std::string, std::string> by_prefix_ ABSL_GUARDED_BY(mutex_);
  // By the factory's number and the arguments.
  std::map<std::pair<int64_t, std::string>, std::unique_ptr<Instance>>
      instances_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status RegisterBackend(const std::string& name, BackendFactory factory,
                             const std::vector<std::string>& prefixes,
                             bool force) {
  return Backends::Get().Add(name, std::move(factory), prefixes, force);
}

BackendRegistration::BackendRegistration(
    const std::string& name, BackendFactory factory,
    const std::vector<std::string>& prefixes) {
  const absl::Status status =
      RegisterBackend(name, std::move(factory), prefixes);
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

absl::StatusOr<const FileBackend*> GetFileBackend(absl::string_view uri,
                                                  const BackendArgs& args) {
  return Backends::Get().Find(uri, args);
}

}  // namespace anneal::fileio
