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
#include "policy/utf8.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxRecord = 64UL << 20;

Array::Ptr to_json(const Notices& notices) {
  Array::Ptr out = new Array;
  for (const Notice& notice : notices) {
    Object::Ptr each = new Object;
    each->set("severity", static_cast<int>(notice.severity));
    each->set("subject", notice.subject);
    each->set("text", notice.text);
    each->set("more", notice.more);
    out->add(each);
  }
  return out;
}

Array::Ptr to_json(const std::vector<RunRecord::File>& files) {
  Array::Ptr out = new Array;
  for (const RunRecord::File& file : files) {
    Object::Ptr each = new Object;
    each->set("path", file.path.string());
    each->set("mta", file.mta);
    each->set("rows", file.rows);
    each->set("digest", file.digest.text());
    each->set("entries", file.report.entries);
    each->set("notices", to_json(file.report.notices));
    each->set("identity", file.identity.text());
    out->add(each);
  }
  return out;
}

Object::Ptr to_json(const RunRecord& record) {
  Object::Ptr out = new Object;
  out->set("inputs", record.inputs);
  out->set("rendering", record.rendering);
  out->set("decided_at", format_time(record.decided_at));
  if (record.until) out->set("until", format_time(*record.until));
  out->set("entries", record.counts.entries);
  Array::Ptr counts = new Array;
  for (const std::size_t count : record.counts.by_source)
    counts->add(count);
  out->set("by_source", counts);
  Array::Ptr levels = new Array;
  for (const auto& of_source : record.counts.levels) {
    for (const std::size_t count : of_source)
      levels->add(count);
  }
  out->set("levels", levels);
  out->set("refused", record.refused);
  out->set("notices", to_json(record.notices));
  Array::Ptr named = new Array;
  for (const NamedFile& file : record.named_files) {
    Object::Ptr each = new Object;
    each->set("path", file.path);
    each->set("subject", file.subject);
    named->add(each);
  }
  out->set("named_files", named);
  out->set("files", to_json(record.files));
  Object::Ptr faults = new Object;
  for (const auto& [mta, fault] : record.resolver_faults)
    faults->set(mta, fault);
  out->set("resolver_faults", faults);
  out->set("snapshot", record.snapshot.text());
  return out;
}

template <class Take>
void each_object(const Object& from, const char* name, Take take) {
  const Array::Ptr array = from.getArray(name);
  for (unsigned i = 0; i < array->size(); ++i)
    take(*array->getObject(i));
}

Notices notices_from(const Object& in) {
  Notices out;
  each_object(in, "notices", [&](const Object& each) {
    out.push_back({static_cast<Severity>(each.getValue<int>("severity")),
                   each.getValue<std::string>("subject"), each.getValue<std::string>("text"),
                   each.getValue<Poco::UInt64>("more")});
  });
  return out;
}

FileIdentity identity_from(const Object& in, const char* name) {
  return FileIdentity::parse(in.getValue<std::string>(name)).value_or(FileIdentity{});
}

RunRecord from_json(const Object& in) {
  RunRecord record;
  record.inputs = in.getValue<std::string>("inputs");
  record.rendering = in.getValue<std::string>("rendering");
  record.decided_at = parse_rfc3339(in.getValue<std::string>("decided_at")).value_or(Time{});
  if (in.has("until")) record.until = parse_rfc3339(in.getValue<std::string>("until"));
  record.counts.entries = in.getValue<Poco::UInt64>("entries");
  const Array::Ptr counts = in.getArray("by_source");
  for (unsigned i = 0; i < record.counts.by_source.size(); ++i)
    record.counts.by_source.at(i) = counts->getElement<Poco::UInt64>(i);
  const Array::Ptr levels = in.getArray("levels");
  for (unsigned i = 0; i < kSources * kLevels; ++i)
    record.counts.levels.at(i / kLevels).at(i % kLevels) = levels->getElement<Poco::UInt64>(i);
  record.refused = in.getValue<bool>("refused");
  record.notices = notices_from(in);
  each_object(in, "named_files", [&](const Object& each) {
    record.named_files.push_back(
        {each.getValue<std::string>("path"), each.getValue<std::string>("subject")});
  });
  each_object(in, "files", [&](const Object& each) {
    record.files.push_back(
        {.path = each.getValue<std::string>("path"),
         .mta = each.getValue<std::string>("mta"),
         .rows = each.getValue<Poco::UInt64>("rows"),
         .digest = RowDigest::parse(each.getValue<std::string>("digest")).value_or(RowDigest{}),
         .report = {.entries = each.getValue<Poco::UInt64>("entries"),
                    .notices = notices_from(each)},
         .identity = identity_from(each, "identity")});
  });
  if (const Object::Ptr faults = in.getObject("resolver_faults")) {
    for (const auto& [mta, fault] : *faults)
      record.resolver_faults[mta] = fault.toString();
  }
  record.snapshot = identity_from(in, "snapshot");
  return record;
}

std::string settings_text(const GeneratorSettings& settings) {
  std::ostringstream out;
  const auto& [postfix, exim] = settings;
  out << postfix.enabled << ' ' << postfix.map << ' ' << postfix.options.version.text() << ' '
      << postfix.options.dane << postfix.options.ca_store << postfix.options.sha256_fingerprints
      << postfix.options.bind_all_mx << ' ' << postfix.options.no_dane_because << '\n';
  if (postfix.options.restriction_classes) {
    for (const auto& [name, value] : *postfix.options.restriction_classes)
      out << ' ' << name << '=' << value;
  }
  for (const TableType type : postfix.types)
    out << ' ' << table_type_name(type);
  out << '\n'
      << exim.enabled << ' ' << exim.map << ' ' << static_cast<int>(exim.options.tls_library)
      << exim.options.ca_store << exim.options.dane << ' ' << exim.options.no_dane_because << '\n';
  return out.str();
}

}  // namespace

EntryCounts EntryCounts::of(const Snapshot& snapshot) {
  EntryCounts counts;
  counts.entries = snapshot.size();
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    const Ruling ruling = snapshot.ruling(i);
    const auto source = static_cast<std::size_t>(ruling.source);
    ++counts.by_source.at(source);
    ++counts.levels.at(source).at(static_cast<std::size_t>(ruling.level));
  }
  return counts;
}

bool RunRecord::holds(const std::string& run_inputs, Time now) const {
  if (inputs != run_inputs || files.empty() || now < decided_at || (until && now >= *until))
    return false;
  return std::ranges::all_of(
      files, [](const File& file) { return FileIdentity::of(file.path) == file.identity; });
}

const RunRecord::File* RunRecord::in_place(const fs::path& path) const {
  const auto found = std::ranges::find(files, path, &File::path);
  return found == files.end() || FileIdentity::of(path) != found->identity ? nullptr : &*found;
}

std::string rendering_inputs(const GeneratorSettings& settings) {
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  // Another build may decide or render otherwise, and std::hash (RowDigest) differ.
  if (const auto program = FileIdentity::of("/proc/self/exe")) digest.update(program->text());
  digest.update("\n" + settings_text(settings));
  return Poco::DigestEngine::digestToHex(digest.digest());
}

std::string run_inputs(const std::string& fingerprint, const std::string& rendering) {
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  digest.update(rendering + "\n" + fingerprint);
  return Poco::DigestEngine::digestToHex(digest.digest());
}

std::optional<RunRecord> read_run_record(const fs::path& file) {
  const auto text = read_file(file, kMaxRecord);
  if (!text) return std::nullopt;
  try {
    return from_json(*Poco::JSON::Parser{}.parse(*text).extract<Object::Ptr>());
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
  auto written = writer->write(valid_utf8(text.view()));  // or it could not be read
  if (written) written = writer->close();
  if (!written) return written;
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return io_error(file, "replaced");
  return {};
}

}  // namespace tlspact
