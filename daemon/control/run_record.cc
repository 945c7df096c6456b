// SPDX-License-Identifier: MIT
#include "daemon/control/run_record.h"

#include <Poco/DigestEngine.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxRecord = 64UL << 20;

Object::Ptr to_json(const RunRecord& record) {
  Object::Ptr out = new Object;
  out->set("inputs", record.inputs);
  out->set("decided_at", format_time(record.decided_at));
  if (record.until) out->set("until", format_time(*record.until));
  out->set("entries", record.counts.entries);
  Array::Ptr counts = new Array;
  for (const std::size_t count : record.counts.by_source)
    counts->add(count);
  out->set("by_source", counts);
  out->set("refused", record.refused);
  Array::Ptr notices = new Array;
  for (const Notice& notice : record.notices) {
    Object::Ptr each = new Object;
    each->set("severity", static_cast<int>(notice.severity));
    each->set("subject", notice.subject);
    each->set("text", notice.text);
    each->set("more", notice.more);
    notices->add(each);
  }
  out->set("notices", notices);
  Array::Ptr named = new Array;
  for (const NamedFile& file : record.named_files) {
    Object::Ptr each = new Object;
    each->set("path", file.path);
    each->set("subject", file.subject);
    named->add(each);
  }
  out->set("named_files", named);
  Array::Ptr files = new Array;
  for (const RunRecord::File& file : record.files) {
    Object::Ptr each = new Object;
    each->set("path", file.path.string());
    each->set("mta", file.mta);
    each->set("rows", file.rows);
    each->set("identity", file.identity.text());
    files->add(each);
  }
  out->set("files", files);
  return out;
}

template <class Take>
void each_object(const Object::Ptr& from, const char* name, Take take) {
  const Array::Ptr array = from->getArray(name);
  for (unsigned i = 0; i < array->size(); ++i)
    take(*array->getObject(i));
}

RunRecord from_json(const Object::Ptr& in) {
  RunRecord record;
  record.inputs = in->getValue<std::string>("inputs");
  record.decided_at = parse_rfc3339(in->getValue<std::string>("decided_at")).value_or(Time{});
  if (in->has("until")) record.until = parse_rfc3339(in->getValue<std::string>("until"));
  record.counts.entries = in->getValue<Poco::UInt64>("entries");
  const Array::Ptr counts = in->getArray("by_source");
  for (unsigned i = 0; i < record.counts.by_source.size(); ++i)
    record.counts.by_source.at(i) = counts->getElement<Poco::UInt64>(i);
  record.refused = in->getValue<bool>("refused");
  each_object(in, "notices", [&](const Object& each) {
    record.notices.push_back({static_cast<Severity>(each.getValue<int>("severity")),
                              each.getValue<std::string>("subject"),
                              each.getValue<std::string>("text"),
                              each.getValue<Poco::UInt64>("more")});
  });
  each_object(in, "named_files", [&](const Object& each) {
    record.named_files.push_back(
        {each.getValue<std::string>("path"), each.getValue<std::string>("subject")});
  });
  each_object(in, "files", [&](const Object& each) {
    const auto identity = FileIdentity::parse(each.getValue<std::string>("identity"));
    record.files.push_back({each.getValue<std::string>("path"), each.getValue<std::string>("mta"),
                            each.getValue<Poco::UInt64>("rows"),
                            identity.value_or(FileIdentity{})});
  });
  return record;
}

std::string settings_text(const GeneratorSettings& settings) {
  std::ostringstream out;
  const auto& [postfix, exim] = settings;
  out << postfix.enabled << ' ' << postfix.map << ' ' << postfix.options.version.text() << ' '
      << postfix.options.dane << postfix.options.ca_store << postfix.options.sha256_fingerprints
      << postfix.options.bind_all_mx;
  if (postfix.options.restriction_classes) {
    for (const auto& [name, value] : *postfix.options.restriction_classes)
      out << ' ' << name << '=' << value;
  }
  for (const TableType type : postfix.types)
    out << ' ' << table_type_name(type);
  out << '\n'
      << exim.enabled << ' ' << exim.map << ' ' << static_cast<int>(exim.options.tls_library)
      << exim.options.ca_store << '\n';
  return out.str();
}

}  // namespace

EntryCounts EntryCounts::of(const Snapshot& snapshot) {
  EntryCounts counts;
  counts.entries = snapshot.size();
  for (std::size_t i = 0; i < snapshot.size(); ++i)
    ++counts.by_source.at(static_cast<std::size_t>(snapshot.ruling(i).source));
  return counts;
}

bool RunRecord::holds(const std::string& run_inputs, Time now) const {
  if (inputs != run_inputs || files.empty() || now < decided_at || (until && now >= *until))
    return false;
  return std::ranges::all_of(
      files, [](const File& file) { return FileIdentity::of(file.path) == file.identity; });
}

std::string run_inputs(const std::string& fingerprint, const GeneratorSettings& settings) {
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  // Another build may decide or render otherwise.
  if (const auto program = FileIdentity::of("/proc/self/exe")) digest.update(program->text());
  digest.update("\n" + settings_text(settings) + fingerprint);
  return Poco::DigestEngine::digestToHex(digest.digest());
}

std::optional<RunRecord> read_run_record(const fs::path& file) {
  const auto text = read_file(file, kMaxRecord);
  if (!text) return std::nullopt;
  try {
    return from_json(Poco::JSON::Parser{}.parse(*text).extract<Object::Ptr>());
  } catch (const std::exception&) {  // damaged, or of another version: as if there were none
    return std::nullopt;
  }
}

Result<void> write_run_record(const fs::path& file, const RunRecord& record) {
  constexpr unsigned kMode = 0640;
  std::ostringstream text;
  to_json(record)->stringify(text, 1);
  const fs::path fresh = file.string() + std::string{kPartMark};
  std::error_code ignored;
  fs::remove(fresh, ignored);
  auto writer = FileWriter::create(fresh, kMode);
  if (!writer) return std::unexpected(writer.error());
  auto written = writer->write(text.str());
  if (written) written = writer->close();
  if (!written) return written;
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return io_error(file, "replaced");
  return {};
}

}  // namespace tlspact
