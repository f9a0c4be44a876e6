#include "fileio/pth/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "fileio/little_endian.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr uint32_t kMax32 = 0xffffffff;
constexpr uint64_t kMaxRecords = 10000000;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("not a whole zip archive (", what,
                   "); the file is truncated or damaged"));
}

absl::Status Refused(absl::string_view record, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("record ", record, ": ", what));
}

// Reads integers one after the other, never past the end.
class Cursor {
 public:
  Cursor(absl::string_view bytes, uint64_t position)
      : bytes_(bytes), position_(std::min<uint64_t>(position, bytes.size())) {}

  bool Has(uint64_t n) const { return bytes_.size() - position_ >= n; }
  uint64_t Take(int n) {
    const uint64_t value = LoadLittleEndian(bytes_.data() + position_, n);
    position_ += n;
    return value;
  }
  absl::string_view TakeBytes(uint64_t n) {
    const absl::string_view taken = bytes_.substr(position_, n);
    position_ += n;
    return taken;
  }
  void Skip(uint64_t n) { position_ += n; }
  uint64_t position() const { return position_; }

 private:
  absl::string_view bytes_;
  uint64_t position_;
};

struct Directory {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t count = 0;
};

absl::StatusOr<Directory> FindDirectory(absl::string_view archive) {
  constexpr uint64_t kEndSize = 22;
  const size_t end = archive.rfind(absl::string_view("PK\x05\x06", 4));
  if (end == archive.npos || archive.size() - end < kEndSize) {
    return Damaged("no end of the directory");
  }
  Cursor cursor(archive, end + 4);
  const uint64_t disk = cursor.Take(2);
  const uint64_t directory_disk = cursor.Take(2);
  const uint64_t count_here = cursor.Take(2);
  Directory directory;
  directory.count = cursor.Take(2);
  directory.size = cursor.Take(4);
  directory.offset = cursor.Take(4);
  if (disk != 0 || directory_disk != 0 || count_here != directory.count) {
    return Damaged("it spans several disks");
  }
  if (cursor.Take(2) != archive.size() - end - kEndSize) {
    return Damaged("bytes after the end");
  }
  const bool is_zip64 = directory.count == 0xffff || directory.size == kMax32 ||
                        directory.offset == kMax32;
  constexpr uint64_t kLocatorSize = 20;
  constexpr uint64_t kEnd64Size = 56;
  const bool has_locator = end >= kLocatorSize &&
                           absl::StartsWith(archive.substr(end - kLocatorSize),
                                            absl::string_view("PK\x06\x07", 4));
  if (is_zip64 || has_locator) {
    if (!has_locator) return Damaged("no zip64 locator");
    const uint64_t end64 =
        LoadLittleEndian(archive.data() + end - kLocatorSize + 8, 8);
    if (end64 > archive.size() || archive.size() - end64 < kEnd64Size ||
        !absl::StartsWith(archive.substr(end64),
                          absl::string_view("PK\x06\x06", 4))) {
      return Damaged("no zip64 end of the directory");
    }
    directory.count = LoadLittleEndian(archive.data() + end64 + 32, 8);
    directory.size = LoadLittleEndian(archive.data() + end64 + 40, 8);
    directory.offset = LoadLittleEndian(archive.data() + end64 + 48, 8);
  }
  if (directory.offset > archive.size() ||
      directory.size > archive.size() - directory.offset) {
    return Damaged("the directory lies outside of the file");
  }
  if (directory.count > kMaxRecords) return Damaged("too many records");
  return directory;
}

absl::Status CheckName(const std::string& name) {
  if (name.empty() || name[0] == '/' || name.find('\\') != name.npos ||
      name.find('\0') != name.npos) {
    return Refused(absl::CHexEscape(name), "its name is no relative path");
  }
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (part == "..") return Refused(name, "its name leaves the archive");
  }
  return absl::OkStatus();
}

// What the directory says of a record.
struct Entry {
  std::string name;
  uint64_t flags = 0;
  uint64_t method = 0;
  uint32_t crc = 0;
  uint64_t compressed = 0;
  uint64_t size = 0;
  uint64_t disk = 0;
  uint64_t header = 0;  // offset of the local header
};

// Takes the 64-bit fields that stand in for those that are all ones.
absl::Status TakeExtra(Cursor extra, Entry* entry) {
  while (extra.Has(4)) {
    const uint64_t id = extra.Take(2);
    const uint64_t size = extra.Take(2);
    if (!extra.Has(size)) {
      return Refused(entry->name, "its extra field is cut off");
    }
    constexpr uint64_t kZip64 = 1;
    if (id != kZip64) {
      extra.Skip(size);
      continue;
    }
    uint64_t left = size;
    for (uint64_t* field : {&entry->size, &entry->compressed, &entry->header}) {
      if (*field != kMax32 || left < 8) continue;
      *field = extra.Take(8);
      left -= 8;
    }
    extra.Skip(left);
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry> TakeEntry(Cursor* cursor) {
  constexpr uint64_t kEntrySize = 46;
  if (!cursor->Has(kEntrySize) ||
      cursor->TakeBytes(4) != absl::string_view("PK\x01\x02", 4)) {
    return Damaged("a directory entry is missing");
  }
  Entry entry;
  cursor->Skip(4);  // versions
  entry.flags = cursor->Take(2);
  entry.method = cursor->Take(2);
  cursor->Skip(4);  // time
  entry.crc = cursor->Take(4);
  entry.compressed = cursor->Take(4);
  entry.size = cursor->Take(4);
  const uint64_t name_size = cursor->Take(2);
  const uint64_t extra_size = cursor->Take(2);
  const uint64_t comment_size = cursor->Take(2);
  entry.disk = cursor->Take(2);
  cursor->Skip(6);  // attributes
  entry.header = cursor->Take(4);
  if (!cursor->Has(name_size + extra_size + comment_size)) {
    return Damaged("a directory entry is cut off");
  }
  entry.name = std::string(cursor->TakeBytes(name_size));
  const absl::string_view extra = cursor->TakeBytes(extra_size);
  cursor->Skip(comment_size);
  RETURN_IF_ERROR(CheckName(entry.name));
  RETURN_IF_ERROR(TakeExtra(Cursor(extra, 0), &entry));
  return entry;
}

absl::Status CheckEntry(const Entry& entry) {
  constexpr uint64_t kEncrypted = 1;
  if (entry.flags & kEncrypted) return Refused(entry.name, "it is encrypted");
  if (entry.disk != 0) return Damaged("it spans several disks");
  return absl::OkStatus();
}

// Where the bytes of `entry` begin; all of it lies before the directory at
// `end`.
absl::StatusOr<uint64_t> LocateBytes(absl::string_view archive, uint64_t end,
                                     const Entry& entry) {
  constexpr uint64_t kHeaderSize = 30;
  if (entry.header > end || end - entry.header < kHeaderSize ||
      archive.substr(entry.header, 4) != absl::string_view("PK\x03\x04", 4)) {
    return Refused(entry.name, "its header lies outside of the file");
  }
  const char* header = archive.data() + entry.header;
  const uint64_t name_size = LoadLittleEndian(header + 26, 2);
  const uint64_t extra_size = LoadLittleEndian(header + 28, 2);
  if (archive.substr(entry.header + kHeaderSize, name_size) != entry.name) {
    return Refused(entry.name, "its header has another name");
  }
  const uint64_t begin = entry.header + kHeaderSize + name_size + extra_size;
  if (begin > end || entry.compressed > end - begin) {
    return Refused(entry.name, "its bytes lie outside of the file");
  }
  return begin;
}

absl::Status CheckCrc(const std::string& name, absl::string_view bytes,
                      uint32_t expected) {
  const uint32_t crc =
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (expected == 0 || crc == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat(
      "record %s: its CRC-32 is %08x, the archive says %08x: the file is "
      "damaged",
      name, crc, expected));
}

absl::StatusOr<std::string> InflateBytes(const std::string& name,
                                         absl::string_view deflated,
                                         uint64_t size) {
  // Deflate makes at most 1032 of one byte: a larger size is made up.
  constexpr uint64_t kMostRatio = 1032;
  if (size / kMostRatio > deflated.size()) {
    return Refused(name, "it can't inflate to the size that it gives");
  }
  std::string bytes;
  z_stream stream = {};
  constexpr int kRawDeflate = -MAX_WBITS;
  if (inflateInit2(&stream, kRawDeflate) != Z_OK) {
    return absl::ResourceExhaustedError("no memory to inflate a record");
  }
  uint64_t done = 0;
  int result = Z_OK;
  // zlib counts in 32 bits.
  constexpr uint64_t kPiece = uint64_t{1} << 30;
  while (result == Z_OK) {
    if (stream.avail_in == 0) {
      const absl::string_view piece = deflated.substr(0, kPiece);
      deflated.remove_prefix(piece.size());
      stream.next_in =
          reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream.avail_in = static_cast<uInt>(piece.size());
    }
    // Grown as it fills: a size costs nothing until there are the bytes.
    if (done == bytes.size()) {
      bytes.resize(std::min(size, std::max<uint64_t>(2 * done, 1 << 20)));
    }
    const uInt room =
        static_cast<uInt>(std::min<uint64_t>(bytes.size() - done, kPiece));
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data()) + done;
    stream.avail_out = room;
    result = inflate(&stream, Z_NO_FLUSH);
    done += room - stream.avail_out;
  }
  const bool is_whole = result == Z_STREAM_END && done == size &&
                        stream.avail_in == 0 && deflated.empty();
  inflateEnd(&stream);
  if (is_whole) return bytes;
  return absl::DataLossError(absl::StrCat("record ", name,
                                          ": it does not inflate to ", size,
                                          " bytes: the file is damaged"));
}

}  // namespace

absl::StatusOr<ZipReader> ZipReader::Open(absl::string_view archive) {
  ASSIGN_OR_RETURN(const Directory directory, FindDirectory(archive));
  ZipReader reader;
  reader.archive_ = archive;
  Cursor cursor(archive, directory.offset);
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (uint64_t i = 0; i < directory.count; ++i) {
    ASSIGN_OR_RETURN(const Entry entry, TakeEntry(&cursor));
    RETURN_IF_ERROR(CheckEntry(entry));
    ASSIGN_OR_RETURN(const uint64_t begin,
                     LocateBytes(archive, directory.offset, entry));
    ranges.emplace_back(entry.header, begin + entry.compressed);
    const Record record = {begin, entry.compressed, entry.size, entry.crc,
                           entry.method};
    if (!reader.records_.emplace(entry.name, record).second) {
      return Refused(entry.name, "the archive has it twice");
    }
    reader.names_.push_back(entry.name);
    if (entry.size > 0 && entry.crc == 0) ++reader.num_unchecked_;
  }
  if (cursor.position() != directory.offset + directory.size) {
    return Damaged("its directory has another size than it says");
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) {
      return Damaged("records overlap");
    }
  }
  return reader;
}

absl::StatusOr<const ZipReader::Record*> ZipReader::Find(
    const std::string& name) const {
  auto it = records_.find(name);
  if (it != records_.end()) return &it->second;
  return absl::NotFoundError(absl::StrCat("no record ", name));
}

absl::StatusOr<absl::string_view> ZipReader::Read(
    const std::string& name) const {
  ASSIGN_OR_RETURN(const Record* record, Find(name));
  if (!record->is_stored()) {
    return Refused(name,
                   "it is compressed; torch.save stores records as they are");
  }
  const absl::string_view bytes = archive_.substr(record->offset, record->size);
  RETURN_IF_ERROR(CheckCrc(name, bytes, record->crc));
  return bytes;
}

absl::StatusOr<std::string> ZipReader::Inflate(const std::string& name) const {
  ASSIGN_OR_RETURN(const Record* record, Find(name));
  if (record->is_stored()) {
    ASSIGN_OR_RETURN(const absl::string_view bytes, Read(name));
    return std::string(bytes);
  }
  if (record->method != Z_DEFLATED) {
    return Refused(name, "it is neither stored nor deflated");
  }
  ASSIGN_OR_RETURN(
      std::string bytes,
      InflateBytes(name, archive_.substr(record->offset, record->size),
                   record->inflated_size));
  RETURN_IF_ERROR(CheckCrc(name, bytes, record->crc));
  return bytes;
}

}  // namespace anneal
