// ReadProto over any bytes: text after an odd first byte, binary after others.
#include <google/protobuf/struct.pb.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "fileio/proto_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  google::protobuf::Value value;
  anneal::fileio::ReadProto(bytes, data[0] % 2 == 1 ? "a.pbtxt" : "a.pb",
                            &value)
      .IgnoreError();
  return 0;
}
