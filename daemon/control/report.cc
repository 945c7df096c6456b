// SPDX-License-Identifier: MIT
#include "daemon/control/report.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/utf8.h"

namespace tlspact {
namespace {

struct Group {
  const Notice* first;
  std::vector<std::string_view> subjects;
  std::size_t more = 0;  ///< that are not named
};

/// Notices of the same severity and text, in order of their first appearance.
std::vector<Group> grouped(const Notices& notices, Severity least) {
  std::vector<Group> groups;
  std::map<std::pair<Severity, std::string_view>, std::size_t> known;
  for (const Notice& notice : notices) {
    if (notice.severity < least) continue;
    const auto [place, is_new] = known.try_emplace({notice.severity, notice.text}, groups.size());
    if (is_new) {
      groups.push_back({&notice, {notice.subject}, notice.more});
      continue;
    }
    groups[place->second].more += notice.more;
    if (groups[place->second].subjects.back() != notice.subject) {
      groups[place->second].subjects.emplace_back(notice.subject);
    }
  }
  return groups;
}

std::string subjects_text(const Group& group) {
  const std::vector<std::string_view>& subjects = group.subjects;
  constexpr std::size_t kShown = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, subjects.size()); ++i)
    out += (i == 0 ? "" : ", ") + std::string{subjects[i]};
  const std::size_t more = group.more + subjects.size() - std::min(kShown, subjects.size());
  return out + and_more(more);
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::alert:
      return "alert";
  }
  return "";
}

std::string notices_text(const Notices& notices, Severity least) {
  std::string out;
  for (const Group& group : grouped(notices, least)) {
    out += severity_name(group.first->severity);
    out += ": " + one_line(subjects_text(group) + ": " + group.first->text) + "\n";
  }
  return out;
}

Poco::JSON::Array::Ptr notices_json(const Notices& notices) {
  Poco::JSON::Array::Ptr out = new Poco::JSON::Array;
  for (const Notice& notice : notices) {
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("severity", std::string{severity_name(notice.severity)});
    each->set("subject", notice.subject);
    each->set("text", notice.text);
    if (notice.more > 0) each->set("more", notice.more);
    out->add(each);
  }
  return out;
}

std::string findings_text(const Findings& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += severity_name(finding.severity);
    out += ": " + one_line(finding.subject + ": " + finding.text) + "\n";
    if (!finding.remedy.empty()) out += "  remedy: " + one_line(finding.remedy) + "\n";
  }
  return out;
}

void add_findings_json(const Findings& findings, Poco::JSON::Array::Ptr to) {
  for (const Finding& finding : findings) {
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("severity", std::string{severity_name(finding.severity)});
    each->set("subject", finding.subject);
    each->set("text", finding.text);
    each->set("remedy", finding.remedy);
    to->add(each);
  }
}

std::string patterns_text(const std::vector<MxPattern>& patterns) {
  std::string out;
  for (const MxPattern& pattern : patterns)
    out += (out.empty() ? "" : ", ") + pattern.text();
  return out;
}

Poco::JSON::Object::Ptr policy_json(const TlsPolicy& policy) {
  const auto names = [](const std::vector<MxPattern>& patterns) {
    Poco::JSON::Array::Ptr out = new Poco::JSON::Array;
    for (const MxPattern& pattern : patterns)
      out->add(pattern.text());
    return out;
  };
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("level", std::string{level_name(policy.level)});
  out->set("dane_where_present", policy.dane_where_present);
  out->set("mx", names(policy.mx));
  out->set("match", names(policy.certificate_names));
  if (!policy.ca_file.empty()) out->set("ca_file", policy.ca_file);
  out->set("pins", policy.pins.size());
  if (policy.min_tls) out->set("min_tls", std::string{tls_version_name(*policy.min_tls)});
  if (policy.ciphers) out->set("ciphers", std::string{cipher_grade_name(*policy.ciphers)});
  return out;
}

std::string counted(std::size_t count, std::string_view noun) {
  std::string out = std::to_string(count) + " " + std::string{noun};
  if (count == 1) return out;
  if (out.ends_with('y')) return out.substr(0, out.size() - 1) + "ies";
  return out + "s";
}

std::string one_line(std::string text) {
  text = valid_utf8(text);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string shown(std::string_view text) {
  const std::string quoted = quote(text);
  return quoted.substr(1, quoted.rfind('"') - 1);
}

}  // namespace tlspact
