// MNIST, and every set in its idx files (Fashion-MNIST, KMNIST, EMNIST).

#include <ATen/ops/empty.h>
#include <zlib.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dataset/compose.h"
#include "dataset/dataset.h"
#include "dataset/mnist.pb.h"
#include "dataset/row_dataset.h"
#include "dataset/sample_range.h"
#include "fileio/file_client.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr uint32_t kImagesMagic = 0x00000803;
constexpr uint32_t kLabelsMagic = 0x00000801;

uint32_t BigEndian32(const std::string& bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  }
  return value;
}

// What gzip packed; other bytes as they are.
absl::StatusOr<std::string> Unpack(const std::string& path, std::string bytes) {
  if (bytes.compare(0, 2, "\x1f\x8b") != 0) return bytes;
  z_stream stream = {};
  constexpr int kGzip = 16 + MAX_WBITS;
  inflateInit2(&stream, kGzip);
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string out;
  int result = Z_OK;
  while (result == Z_OK) {
    constexpr size_t kChunk = 1 << 20;
    const size_t before = out.size();
    out.resize(before + kChunk);
    stream.next_out = reinterpret_cast<Bytef*>(&out[before]);
    stream.avail_out = kChunk;
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out > 0) break;
  }
  inflateEnd(&stream);
  if (result == Z_STREAM_END) return out;
  return absl::DataLossError(absl::StrCat(
      path, ": the gzip data is truncated or damaged; fetch the file again"));
}

// The bytes of an idx file as a uint8 tensor of its dimensions.
absl::StatusOr<at::Tensor> ReadIdx(const std::string& path, uint32_t magic) {
  absl::StatusOr<std::string> packed = fileio::Get(path);
  if (!packed.ok()) {
    return absl::Status(
        packed.status().code(),
        absl::StrCat("MNIST: ", packed.status().message(),
                     "; set data_root, images and labels to where the files "
                     "are"));
  }
  ASSIGN_OR_RETURN(const std::string bytes, Unpack(path, *std::move(packed)));
  const size_t num_dims = magic & 0xff;
  const size_t header = 4 + 4 * num_dims;
  if (bytes.size() < header) {
    return absl::DataLossError(absl::StrCat(
        path, ": ", bytes.size(), " bytes are no idx file, whose header has ",
        header, "; fetch it again"));
  }
  if (BigEndian32(bytes, 0) != magic) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: its magic number is 0x%08x, expected 0x%08x (an idx file of %s); "
        "is it the file you mean?",
        path, BigEndian32(bytes, 0), magic,
        magic == kImagesMagic ? "images" : "labels"));
  }
  std::vector<int64_t> sizes;
  unsigned __int128 expected = header;
  unsigned __int128 numel = 1;
  for (size_t i = 0; i < num_dims; ++i) {
    sizes.push_back(BigEndian32(bytes, 4 + 4 * i));
    numel *= sizes.back();
  }
  expected += numel;
  if (bytes.size() != expected) {
    return absl::DataLossError(absl::StrCat(
        path, ": it has ", bytes.size(), " bytes, its header says ",
        static_cast<uint64_t>(expected),
        "; it is truncated or damaged: fetch it again"));
  }
  at::Tensor tensor = at::empty(sizes, at::kByte);
  std::memcpy(tensor.mutable_data_ptr(), bytes.data() + header,
              bytes.size() - header);
  return tensor;
}

// Samples {"inputs": uint8 [1, rows, columns], "labels": int64}; batches
// likewise. Everything is held in memory, as in the files.
//
//   dataset: {type: MNIST, data_root: examples/mnist/data,
//             images: t10k-images-idx3-ubyte.gz,
//             labels: t10k-labels-idx1-ubyte.gz, begin: 0, end: 8500}
class MNIST : public RowDataset {
 public:
  using Config = MNISTConfig;

  static absl::StatusOr<std::unique_ptr<MNIST>> Create(const Config& config) {
    ASSIGN_OR_RETURN(
        at::Tensor images,
        ReadIdx(fileio::JoinPath(config.data_root(), config.images()),
                kImagesMagic));
    ASSIGN_OR_RETURN(
        at::Tensor labels,
        ReadIdx(fileio::JoinPath(config.data_root(), config.labels()),
                kLabelsMagic));
    if (images.size(0) != labels.size(0)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "MNIST: ", config.data_root(), ": ", config.images(), " has ",
          images.size(0), " samples, ", config.labels(), " has ",
          labels.size(0), "; they are of different sets"));
    }
    ASSIGN_OR_RETURN(const SampleRange range,
                     RangeOf(config, images.size(0),
                             absl::StrCat("MNIST ", config.data_root())));
    ASSIGN_OR_RETURN(Compose pipeline, Compose::Create(config.pipeline()));
    Fields fields{{"inputs", images.unsqueeze(1)},
                  {"labels", labels.to(at::kLong)}};
    return std::make_unique<MNIST>(Classes(config), std::move(fields), range,
                                   std::move(pipeline));
  }

  MNIST(Value::List classes, Fields fields, SampleRange range, Compose pipeline)
      : RowDataset(std::move(fields), range, std::move(pipeline)),
        classes_(std::move(classes)) {}

  Dict metainfo() const override { return Dict{{"classes", classes_}}; }

 private:
  static Value::List Classes(const Config& config) {
    Value::List classes(config.classes().begin(), config.classes().end());
    for (int digit = 0; config.classes().empty() && digit < 10; ++digit) {
      classes.push_back(absl::StrCat(digit));
    }
    return classes;
  }

  const Value::List classes_;
};

ANNEAL_REGISTER(Dataset, MNIST);

}  // namespace
}  // namespace anneal
