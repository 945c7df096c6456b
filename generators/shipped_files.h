// SPDX-License-Identifier: MIT
/// The texts of templates/, compiled in (cmake/ShippedFiles.cmake), so that an installed binary
/// needs no data directory.
#pragma once

#include <filesystem>
#include <string_view>

namespace tlspact {

extern const std::string_view kEximMain;
extern const std::string_view kEximAcl;
extern const std::string_view kEximRouters;
extern const std::string_view kEximTransports;
extern const std::string_view kEximInboundMain;
extern const std::string_view kEximInboundAcl;
extern const std::string_view kEximNoCa;
extern const std::string_view kDashboardFrame;
extern const std::string_view kDashboardPage;
extern const std::string_view kDashboardExplain;
extern const std::string_view kDashboardGeneration;
extern const std::string_view kDashboardStyle;
extern const std::string_view kDashboardIcon;
extern const std::string_view kOpenApi;  ///< docs/openapi.json

/// Where the PEM file that trusts nobody lies: beside the map.
[[nodiscard]] inline std::filesystem::path exim_no_ca_path(const std::filesystem::path& map) {
  return map.parent_path() / "no_ca.pem";
}

}  // namespace tlspact
