# The test program of daemon/. gpg makes the keys, openssl the certificates.
room_tests(daemon PRECOMPILED tests_asio
  SOURCES agreed_test.cc alert_service_test.cc agreement_hostile_test.cc agreement_parser_test.cc agreement_refused_test.cc
          agreement_source_test.cc config_file_test.cc config_test.cc correspondents_test.cc dashboard_page_test.cc dns_message_test.cc
          dnssec_self_test_test.cc drill_case_test.cc drill_verdict_test.cc drill_world_test.cc evidence_chart_test.cc expiring_test.cc exim_wiring_test.cc
          failing_hosts_test.cc generation_changes_test.cc http_query_test.cc
          gpgv_status_test.cc inbound_wiring_test.cc init_backup_test.cc postfix_reload_test.cc reload_wish_test.cc
          postfix_wiring_test.cc
          https_client_test.cc https_trust_test.cc idna_test.cc list_cache_test.cc list_parser_test.cc
          list_refused_test.cc list_source_remote_test.cc list_source_store_test.cc
          list_source_test.cc log_reader_test.cc mail_log_test.cc mta_dane_test.cc keep_evidence_test.cc openpgp_key_test.cc places_test.cc
          probe_test.cc resolv_conf_test.cc signature_test.cc store_file_test.cc store_evidence_test.cc store_lookups_test.cc store_test.cc
          sts_fetch_test.cc sts_lookup_test.cc unbound_resolver_limits_test.cc unbound_resolver_test.cc
  LIBRARIES tlspact_daemon Boost::json Poco::Data Poco::DataSQLite Poco::Foundation Poco::Net Poco::NetSSL tomlplusplus::tomlplusplus)
