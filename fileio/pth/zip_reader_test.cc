#include "fileio/pth/zip_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <string>
#include <vector>

#include "fileio/little_endian.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What an archive's builder writes of one record, wrong where a test says so.
struct Entry {
  std::string name = "a/1";
  std::string bytes = "one";
  int flags = 0x0808;
  int method = 0;
  int disk = 0;
  // Differences of what the directory says from what is there.
  int64_t size_error = 0;
  int64_t compressed_error = 0;
  int64_t header_error = 0;
  std::string local_name;  // `name` where it is empty
  bool has_crc = true;
  std::string extra;
};

Entry Plain(const std::string& name, const std::string& bytes) {
  Entry entry;
  entry.name = name;
  entry.bytes = bytes;
  return entry;
}

struct Archive {
  std::vector<Entry> entries = {Entry()};
  int end_disk = 0;
  int64_t count_error = 0;
  int64_t directory_size_error = 0;
  int64_t directory_offset_error = 0;
  std::string comment;
  std::string after;  // bytes after the end
};

std::string Build(const Archive& archive) {
  std::string out;
  std::vector<size_t> headers;
  const auto local_name = [](const Entry& entry) {
    return entry.local_name.empty() ? entry.name : entry.local_name;
  };
  for (const Entry& entry : archive.entries) {
    headers.push_back(out.size());
    out += "PK\x03\x04";
    out.append(22, '\0');  // not looked at: the directory says it
    AppendLittleEndian(local_name(entry).size(), 2, &out);
    AppendLittleEndian(4, 2, &out);
    out += local_name(entry) + std::string("FB\0\0", 4) + entry.bytes;
  }
  const size_t directory = out.size();
  for (size_t i = 0; i < archive.entries.size(); ++i) {
    const Entry& entry = archive.entries[i];
    out += "PK\x01\x02";
    AppendLittleEndian(0, 4, &out);
    AppendLittleEndian(entry.flags, 2, &out);
    AppendLittleEndian(entry.method, 2, &out);
    AppendLittleEndian(0, 4, &out);
    const uint32_t crc =
        crc32_z(0, reinterpret_cast<const Bytef*>(entry.bytes.data()),
                entry.bytes.size());
    AppendLittleEndian(entry.has_crc ? crc : 0, 4, &out);
    AppendLittleEndian(
        entry.bytes.size() + entry.size_error + entry.compressed_error, 4,
        &out);
    AppendLittleEndian(entry.bytes.size() + entry.size_error, 4, &out);
    AppendLittleEndian(entry.name.size(), 2, &out);
    AppendLittleEndian(entry.extra.size(), 2, &out);
    AppendLittleEndian(0, 2, &out);
    AppendLittleEndian(entry.disk, 2, &out);
    AppendLittleEndian(0, 6, &out);
    AppendLittleEndian(headers[i] + entry.header_error, 4, &out);
    out += entry.name + entry.extra;
  }
  const size_t end = out.size();
  out += "PK\x05\x06";
  AppendLittleEndian(archive.end_disk, 2, &out);
  AppendLittleEndian(0, 2, &out);
  const size_t count = archive.entries.size() + archive.count_error;
  AppendLittleEndian(count, 2, &out);
  AppendLittleEndian(count, 2, &out);
  AppendLittleEndian(end - directory + archive.directory_size_error, 4, &out);
  AppendLittleEndian(directory + archive.directory_offset_error, 4, &out);
  AppendLittleEndian(archive.comment.size(), 2, &out);
  return out + archive.comment + archive.after;
}

Archive Of(const Entry& entry) {
  Archive archive;
  archive.entries = {entry};
  return archive;
}

TEST(ZipReader, ReadsRecordsInTheDirectorysOrder) {
  Archive archive;
  archive.entries = {Plain("a/2", "two"), Plain("a/1", "one"),
                     Plain("a/none", "")};
  const std::string bytes = Build(archive);

  const auto zip = ZipReader::Open(bytes);

  ASSERT_TRUE(zip.ok()) << zip.status();
  EXPECT_THAT(zip->names(), ElementsAre("a/2", "a/1", "a/none"));
  EXPECT_EQ(*zip->Read("a/1"), "one");
  EXPECT_EQ(*zip->Read("a/none"), "");
  EXPECT_TRUE(zip->Has("a/2"));
  EXPECT_FALSE(zip->Has("a/3"));
  EXPECT_EQ(zip->Read("a/3").status().code(), absl::StatusCode::kNotFound);
}

TEST(ZipReader, TakesAComment) {
  Archive archive;
  archive.comment = "a comment";
  const std::string bytes = Build(archive);
  EXPECT_TRUE(ZipReader::Open(bytes).ok());
}

TEST(ZipReader, TakesAnArchiveWithoutRecords) {
  Archive archive;
  archive.entries.clear();
  const std::string bytes = Build(archive);
  const auto zip = ZipReader::Open(bytes);
  ASSERT_TRUE(zip.ok()) << zip.status();
  EXPECT_TRUE(zip->names().empty());
}

TEST(ZipReader, FindsDamageByTheCrc) {
  std::string bytes = Build(Archive());
  bytes[bytes.find("one")] ^= 1;
  const auto zip = ZipReader::Open(bytes);
  ASSERT_TRUE(zip.ok()) << zip.status();

  const absl::Status status = zip->Read("a/1").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("record a/1: its CRC-32"));
}

TEST(ZipReader, CountsRecordsWithoutACrc) {
  Archive archive;
  archive.entries = {Plain("a", "one"), Plain("b", "two"), Plain("c", "")};
  archive.entries[1].has_crc = false;
  archive.entries[2].has_crc = false;
  const std::string bytes = Build(archive);
  const auto zip = ZipReader::Open(bytes);
  ASSERT_TRUE(zip.ok()) << zip.status();

  EXPECT_EQ(zip->num_unchecked(), 1);
  EXPECT_EQ(*zip->Read("b"), "two");
}

// They may stand in a TorchScript file, which is to be told as such.
TEST(ZipReader, NamesCompressedRecordsButDoesNotReadThem) {
  Entry deflated = Plain("a", "one");
  deflated.method = 8;
  Entry shorter = Plain("b", "two");
  shorter.compressed_error = -1;
  Archive archive;
  archive.entries = {deflated, shorter};
  const std::string bytes = Build(archive);
  const auto zip = ZipReader::Open(bytes);
  ASSERT_TRUE(zip.ok()) << zip.status();

  for (const char* name : {"a", "b"}) {
    EXPECT_TRUE(zip->Has(name));
    const absl::Status status = zip->Read(name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("it is compressed"));
  }
}

struct Refusal {
  const char* name;
  Archive archive;
  absl::StatusCode code;
  const char* word;
};

class RefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, SaysWhatIsWrong) {
  const std::string bytes = Build(GetParam().archive);

  const absl::Status status = ZipReader::Open(bytes).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
}

Archive With(const std::function<void(Entry*)>& change) {
  Entry entry;
  change(&entry);
  return Of(entry);
}
Archive Named(const std::string& name) {
  return With([&](Entry* entry) { entry->name = name; });
}
Archive Changed(const std::function<void(Archive*)>& change) {
  Archive archive;
  change(&archive);
  return archive;
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLost = absl::StatusCode::kDataLoss;

INSTANTIATE_TEST_SUITE_P(
    Each, RefusalTest,
    ::testing::Values(
        Refusal{"Encrypted", With([](Entry* e) { e->flags |= 1; }), kInvalid,
                "it is encrypted"},
        Refusal{"NamedTwice",
                Changed([](Archive* a) { a->entries.push_back(Entry()); }),
                kInvalid, "the archive has it twice"},
        Refusal{"Parent", Named("a/../../b"), kInvalid, "leaves the archive"},
        Refusal{"Absolute", Named("/etc/passwd"), kInvalid, "no relative path"},
        Refusal{"Backslash", Named("a\\b"), kInvalid, "no relative path"},
        Refusal{"Nul", Named(std::string("a\0b", 3)), kInvalid,
                "no relative path"},
        Refusal{"OtherLocalName", With([](Entry* e) { e->local_name = "a/2"; }),
                kInvalid, "its header has another name"},
        Refusal{"TooLong", With([](Entry* e) { e->size_error = 1; }), kInvalid,
                "outside of the file"},
        Refusal{"FarTooLong",
                With([](Entry* e) { e->size_error = 0xfffffff0; }), kInvalid,
                "outside of the file"},
        Refusal{"HeaderElsewhere", With([](Entry* e) { e->header_error = 1; }),
                kInvalid, "its header lies outside"},
        Refusal{"HeaderPastTheEnd",
                With([](Entry* e) { e->header_error = 0x7fffffff; }), kInvalid,
                "its header lies outside"},
        Refusal{"Overlap", Changed([](Archive* a) {
                  a->entries = {Plain("a", "xx"), Plain("b", "yy")};
                  a->entries[0].size_error = 5;
                }),
                kLost, "records overlap"},
        Refusal{"OnAnotherDisk", With([](Entry* e) { e->disk = 1; }), kLost,
                "several disks"},
        Refusal{"EndOnAnotherDisk",
                Changed([](Archive* a) { a->end_disk = 1; }), kLost,
                "several disks"},
        Refusal{"ExtraCutOff", With([](Entry* e) {
                  e->extra = std::string("\1\0\x10\0ab", 6);
                }),
                kInvalid, "its extra field is cut off"},
        Refusal{"OneEntryTooMany",
                Changed([](Archive* a) { a->count_error = 1; }), kLost,
                "a directory entry is missing"},
        Refusal{"OneEntryTooFew", Changed([](Archive* a) {
                  a->entries.push_back(Plain("b", "two"));
                  a->count_error = -1;
                }),
                kLost, "another size"},
        Refusal{"DirectoryTooLong",
                Changed([](Archive* a) { a->directory_size_error = 1; }), kLost,
                "another size"},
        Refusal{"DirectoryFarTooLong",
                Changed([](Archive* a) { a->directory_size_error = 1 << 20; }),
                kLost, "outside of the file"},
        Refusal{"DirectoryElsewhere",
                Changed([](Archive* a) { a->directory_offset_error = -1; }),
                kLost, "a directory entry is missing"},
        Refusal{"BytesAfterTheEnd", Changed([](Archive* a) { a->after = "x"; }),
                kLost, "bytes after the end"}),
    [](const auto& info) { return info.param.name; });

TEST(ZipReader, FindsEveryTruncation) {
  const std::string whole = Build(Archive());
  for (size_t size = 0; size < whole.size(); ++size) {
    const absl::Status status =
        ZipReader::Open(absl::string_view(whole).substr(0, size)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << size;
  }
}

// An end that says that the 64-bit one counts, with `end64` before it.
std::string WithZip64(const std::string& archive, uint64_t count,
                      uint64_t directory_size, uint64_t end64_error) {
  const size_t end = archive.rfind("PK\x05\x06");
  const uint64_t directory = LoadLittleEndian(archive.data() + end + 16, 4);
  std::string out = archive.substr(0, end) + "PK\x06\x06";
  AppendLittleEndian(44, 8, &out);
  AppendLittleEndian(0, 4 + 4 + 4, &out);
  AppendLittleEndian(count, 8, &out);
  AppendLittleEndian(count, 8, &out);
  AppendLittleEndian(directory_size, 8, &out);
  AppendLittleEndian(directory, 8, &out);
  out += "PK\x06\x07";
  AppendLittleEndian(0, 4, &out);
  AppendLittleEndian(end + end64_error, 8, &out);
  AppendLittleEndian(1, 4, &out);
  out += "PK\x05\x06";
  AppendLittleEndian(0, 4, &out);
  AppendLittleEndian(0xffff, 2, &out);
  AppendLittleEndian(0xffff, 2, &out);
  AppendLittleEndian(0xffffffff, 4, &out);
  AppendLittleEndian(0xffffffff, 4, &out);
  AppendLittleEndian(0, 2, &out);
  return out;
}

TEST(ZipReader, Reads64BitFields) {
  // A record whose sizes and offset stand in the extra field.
  Entry entry;
  entry.size_error = 0xffffffff - 3;
  entry.header_error = 0xffffffff;
  entry.extra = std::string("\1\0\x18\0", 4);
  AppendLittleEndian(3, 8, &entry.extra);
  AppendLittleEndian(3, 8, &entry.extra);
  AppendLittleEndian(0, 8, &entry.extra);
  const std::string plain = Build(Of(entry));
  const size_t end = plain.rfind("PK\x05\x06");
  const uint64_t size = LoadLittleEndian(plain.data() + end + 12, 4);
  const std::string bytes = WithZip64(plain, 1, size, 0);

  const auto zip = ZipReader::Open(bytes);

  ASSERT_TRUE(zip.ok()) << zip.status();
  EXPECT_EQ(*zip->Read("a/1"), "one");
}

TEST(ZipReader, TakesNo64BitFieldOnTrust) {
  const std::string plain = Build(Archive());
  for (const std::string& bytes :
       {WithZip64(plain, uint64_t{1} << 60, 52, 0),
        WithZip64(plain, 1, ~0ull, 0), WithZip64(plain, 1, 52, 1),
        WithZip64(plain, 1, 52, uint64_t{1} << 63)}) {
    EXPECT_EQ(ZipReader::Open(bytes).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

// -- Inflate.

std::string Deflated(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// An archive of "a/1", which inflates to `bytes`; the directory gives `size`.
std::string DeflatedArchive(const std::string& bytes, int64_t size) {
  Entry entry;
  entry.bytes = Deflated(bytes);
  entry.method = Z_DEFLATED;
  entry.has_crc = false;
  entry.size_error = size - static_cast<int64_t>(entry.bytes.size());
  entry.compressed_error = -entry.size_error;
  return Build(Of(entry));
}

absl::StatusOr<std::string> Inflated(const std::string& archive) {
  absl::StatusOr<ZipReader> zip = ZipReader::Open(archive);
  if (!zip.ok()) return zip.status();
  return zip->Inflate("a/1");
}

TEST(ZipReader, InflatesRecords) {
  const std::string bytes(5 << 20, 'x');

  EXPECT_EQ(*Inflated(DeflatedArchive(bytes, bytes.size())), bytes);
  EXPECT_EQ(*Inflated(DeflatedArchive("", 0)), "");
  EXPECT_EQ(*Inflated(Build(Of(Plain("a/1", "stored")))), "stored");
}

TEST(ZipReader, RefusesAnotherSizeThanTheRecordInflatesTo) {
  for (const int64_t size : {9, 11}) {
    const absl::Status status =
        Inflated(DeflatedArchive("0123456789", size)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("record a/1: it does not inflate to"));
  }
}

TEST(ZipReader, AllocatesNoSizeThatDeflateCanNotMake) {
  const absl::Status status =
      Inflated(DeflatedArchive("0123456789", 0x7fffffff)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("can't inflate to the size"));
}

TEST(ZipReader, RefusesOtherCompressions) {
  Entry entry;
  entry.method = 12;  // bzip2
  const absl::Status status = Inflated(Build(Of(entry))).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("neither stored nor deflated"));
}

TEST(ZipReader, ChecksWhatItInflates) {
  Entry entry;
  entry.bytes = Deflated("0123456789");
  entry.method = Z_DEFLATED;  // whose CRC-32 is of the deflated bytes
  entry.size_error = 10 - static_cast<int64_t>(entry.bytes.size());
  entry.compressed_error = -entry.size_error;
  const absl::Status status = Inflated(Build(Of(entry))).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("its CRC-32 is"));
}

}  // namespace
}  // namespace anneal
