#include "fileio/json/json_string.h"

#include <nlohmann/json.hpp>

namespace anneal {

std::string JsonString(absl::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace anneal
