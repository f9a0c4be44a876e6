#include "fileio/utf8.h"

#include <cstring>

namespace anneal {

bool IsUtf8(absl::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = at + text.size();
  while (at < end) {
    uint64_t eight;
    if (end - at >= 8) {
      std::memcpy(&eight, at, 8);
      if ((eight & 0x8080808080808080) == 0) {
        at += 8;
        continue;
      }
    }
    const unsigned char first = *at++;
    if (first < 0x80) continue;
    // The range of the second byte depends on the first.
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    int following = 0;
    if (first >= 0xC2 && first <= 0xDF) {
      following = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      following = 2;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      following = 3;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    for (; following > 0; --following) {
      if (at == end || *at < low || *at > high) return false;
      low = 0x80;
      high = 0xBF;
      ++at;
    }
  }
  return true;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto append = [out](uint32_t byte) {
    out->push_back(static_cast<char>(byte));
  };
  const auto append_tail = [&](int shift) {
    append(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    append(code_point);
  } else if (code_point < 0x800) {
    append(0xC0 | code_point >> 6);
    append_tail(0);
  } else if (code_point < 0x10000) {
    append(0xE0 | code_point >> 12);
    append_tail(6);
    append_tail(0);
  } else {
    append(0xF0 | code_point >> 18);
    append_tail(12);
    append_tail(6);
    append_tail(0);
  }
}

}  // namespace anneal
