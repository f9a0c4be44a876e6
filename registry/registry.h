// Type name and config message -> object.
#ifndef ANNEAL_REGISTRY_REGISTRY_H_
#define ANNEAL_REGISTRY_REGISTRY_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "config/struct_component.pb.h"
#include "registry/registry_index.h"

namespace anneal {

// What a base class wants done to each object that its registry builds.
template <typename Base>
struct RegistryTraits {
  template <typename T>
  static void OnCreate(T*) {}
};

// Whether T is what ANNEAL_REGISTER takes for a registry of Base whose Create
// takes Args behind the config.
template <typename T, typename Base, typename... Args>
struct RegisteredClass {
 private:
  template <typename U>
  static std::is_base_of<google::protobuf::Message, typename U::Config>
  TestConfig(int);
  template <typename>
  static std::false_type TestConfig(...);
  // Gives a StatusOr of a unique_ptr that a unique_ptr of Base can take.
  template <typename U>
  static std::is_constructible<
      std::unique_ptr<Base>,
      decltype(*U::Create(std::declval<const typename U::Config&>(),
                          std::declval<Args>()...))>
  TestCreate(int);
  template <typename>
  static std::false_type TestCreate(...);

 public:
  static constexpr bool has_config = decltype(TestConfig<T>(0))::value;
  static constexpr bool has_create = decltype(TestCreate<T>(0))::value;
};

// The classes of one base: found by name or by config message, built from the
// message and the arguments that objects need at run time. Beside the
// interface stands
//
//   ANNEAL_REGISTRY(Hook, "hook");
//   ANNEAL_REGISTRY(Optimizer, "optimizer", std::vector<ParamGroup>);
//
// and in the .cc of a class, whose target has alwayslink = True,
//
//   ANNEAL_REGISTER(Hook, EMAHook);
//
// The class has `Config`, a protobuf message of its own or
// google::protobuf::Struct, and
//
//   static absl::StatusOr<std::unique_ptr<EMAHook>> Create(const Config&);
//
// with the registry's arguments behind the config. Registration happens before
// main; a second class of a name, or with the same config message, dies at
// start-up, and so does a second base of a kind. Thread-safe after that.
template <typename Base, typename... Args>
class Registry {
 public:
  static Registry& Get(const char* kind) {
    static Registry* registry = new Registry(kind);
    return *registry;
  }

  // The object that `config` describes. NotFound for a class that is not
  // linked, InvalidArgument for an Any that does not parse, else what Create
  // says.
  absl::StatusOr<std::unique_ptr<Base>> Build(
      const google::protobuf::Any& config, Args... args) const {
    const absl::string_view url = config.type_url();
    std::string type(url.substr(url.rfind('/') + 1));
    if (config.Is<StructComponent>()) {
      StructComponent component;
      if (!config.UnpackTo(&component)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "not a serialized anneal.StructComponent: an Any of type ", url,
            " with ", config.value().size(), " bytes"));
      }
      type = component.type();
    }
    const config::ComponentClass* found =
        RegistryIndex::Get().Find(kind_, type);
    if (found == nullptr) return RegistryIndex::Get().NotLinked(kind_, type);
    return factories_.at(found)(config, std::forward<Args>(args)...);
  }

  // Adds T under `class_name`; called by ANNEAL_REGISTER. `scope`: null for
  // that of the config message. Dies as RegistryIndex::Add does.
  template <typename T>
  const config::ComponentClass* Add(const char* class_name, const char* file,
                                    const char* scope = nullptr) {
    using Checked = RegisteredClass<T, Base, Args...>;
    static_assert(Checked::has_config,
                  "ANNEAL_REGISTER(Base, Class): add `using Config = "
                  "MyClassConfig;` to Class, its protobuf message, or "
                  "google::protobuf::Struct to take any fields, in public");
    static_assert(!Checked::has_config || Checked::has_create,
                  "ANNEAL_REGISTER(Base, Class): add `static absl::StatusOr<"
                  "std::unique_ptr<Class>> Create(const Config& config, ...)` "
                  "to Class, in public, whose further arguments are those "
                  "that ANNEAL_REGISTRY(Base, ...) lists; what it gives "
                  "derives from Base, publicly");
    // No errors that follow from those.
    if constexpr (Checked::has_config && Checked::has_create) {
      const config::ComponentClass* component = RegistryIndex::Get().Add(
          kind_, class_name, &T::Config::default_instance(), file, scope);
      factories_[component] = &Create<T>;
      return component;
    } else {
      return nullptr;
    }
  }

  // The class that `type` names (registry_index.h), or null.
  const config::ComponentClass* Find(absl::string_view type) const {
    return RegistryIndex::Get().Find(kind_, type);
  }

  // For tests: forgets how to build what Add gave, once the index has.
  void Forget(const config::ComponentClass* component) {
    factories_.erase(component);
  }

  const char* kind() const { return kind_; }

 private:
  explicit Registry(const char* kind) : kind_(kind) {
    RegistryIndex::Get().Declare(kind, typeid(Base));
  }

  template <typename Config>
  static bool Unpack(const google::protobuf::Any& any, Config* config) {
    if constexpr (std::is_same_v<Config, google::protobuf::Struct>) {
      StructComponent component;
      if (!any.UnpackTo(&component)) return false;
      *config = component.fields();
      return true;
    } else {
      return any.UnpackTo(config);
    }
  }

  template <typename T>
  static absl::StatusOr<std::unique_ptr<Base>> Create(
      const google::protobuf::Any& any, Args... args) {
    typename T::Config config;
    if (!Unpack(any, &config)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "not a serialized ", config.GetDescriptor()->full_name(), ": an Any ",
          "of type ", any.type_url(), " with ", any.value().size(), " bytes"));
    }
    auto object = T::Create(config, std::forward<Args>(args)...);
    if (!object.ok()) return object.status();
    RegistryTraits<Base>::OnCreate(object->get());
    return std::unique_ptr<Base>(*std::move(object));
  }

  using Factory = absl::StatusOr<std::unique_ptr<Base>> (*)(
      const google::protobuf::Any&, Args...);

  const char* kind_;
  std::map<const config::ComponentClass*, Factory> factories_;
};

// Base -> its registry; specialised by ANNEAL_REGISTRY.
template <typename Base>
struct RegistryOf;

}  // namespace anneal

// Declares the registry of `Base`, in namespace anneal; the further arguments
// are the types of what Create takes behind the config.
#define ANNEAL_REGISTRY(Base, kind, ...)            \
  template <>                                       \
  struct RegistryOf<Base> {                         \
    using Type = Registry<Base, ##__VA_ARGS__>;     \
    static constexpr const char* kKind = kind;      \
    static Type& Get() { return Type::Get(kKind); } \
  }

// Registers `Class`, named without its namespace, under its own name.
#define ANNEAL_REGISTER(Base, Class)                                         \
  [[maybe_unused]] static const auto* const ANNEAL_REGISTERED_AT(__LINE__) = \
      ::anneal::RegistryOf<Base>::Get().Add<Class>(#Class, __FILE__)

// ANNEAL_REGISTER, in the scope of that name instead of the one that is called
// as the config message's package (registry_index.h).
#define ANNEAL_REGISTER_IN_SCOPE(Base, Class, scope)                         \
  [[maybe_unused]] static const auto* const ANNEAL_REGISTERED_AT(__LINE__) = \
      ::anneal::RegistryOf<Base>::Get().Add<Class>(#Class, __FILE__, scope)

#define ANNEAL_REGISTERED_AT(line) ANNEAL_REGISTERED_AT_(line)
#define ANNEAL_REGISTERED_AT_(line) kRegisteredAtLine##line

#endif  // ANNEAL_REGISTRY_REGISTRY_H_
