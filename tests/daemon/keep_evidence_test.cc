// SPDX-License-Identifier: MIT
#include "daemon/control/keep_evidence.h"

#include "tests/support/catch.h"

namespace tlspact {
namespace {

using Names = std::set<std::string>;

ProbeReport report() {
  ProbeReport out;
  out.mx_sets["a.example"].hosts = {"mx.a.example", "mx.shared.example"};
  out.mx_sets["b.example"].hosts = {"mx.shared.example"};
  for (const char* host : {"mx.a.example", "mx.shared.example", "mx.canary.example"}) {
    Evidence seen;
    seen.host = host;
    out.evidence.push_back(seen);
  }
  return out;
}

Names hosts(const ProbeReport& report) {
  Names out;
  for (const Evidence& each : report.evidence)
    out.insert(each.host);
  return out;
}

TEST_CASE("a next-hop that was forgotten while it was probed stays forgotten") {
  ProbeReport seen = report();
  leave_out_forgotten(seen, {"b.example"});
  CHECK_FALSE(seen.mx_sets.contains("a.example"));
  CHECK(seen.mx_sets.contains("b.example"));
  CHECK(hosts(seen) == Names{"mx.shared.example", "mx.canary.example"});
}

TEST_CASE("nothing is left out of what is wanted") {
  ProbeReport seen = report();
  leave_out_forgotten(seen, {"a.example", "b.example", "c.example"});
  CHECK(seen.mx_sets.size() == 2);
  CHECK(seen.evidence.size() == 3);
}

}  // namespace
}  // namespace tlspact
