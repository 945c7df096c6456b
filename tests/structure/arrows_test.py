# SPDX-License-Identifier: MIT
"""The arrows test notices what it is there for."""
import unittest

from arrows import fault_of


class Arrows(unittest.TestCase):
    def test_forward_arrows_pass(self):
        for source, target in [
            ("generators/install/installer.cc", "policy/result.h"),
            ("lookup/answer.cc", "generators/postfix/postfix_entry.h"),
            ("daemon/sources/list_source.cc", "daemon/store/store.h"),
            ("daemon/control/refresh.cc", "daemon/sources/policy_source.h"),
            ("daemon/tlspact.cc", "daemon/cli/command.h"),
            ("daemon/tlspact.cc", "daemon/version.h"),
        ]:
            self.assertIsNone(fault_of(source, True, target), f"{source} -> {target}")

    def test_arrows_that_go_back_are_named(self):
        for source, target in [
            ("policy/decide.cc", "generators/generator.h"),
            ("generators/generator.cc", "lookup/answer.h"),
            ("lookup/answer.cc", "daemon/config/config.h"),
            ("smtp/session.cc", "generators/generator.h"),
            ("daemon/config/config.cc", "daemon/store/store.h"),
            ("daemon/store/store.cc", "daemon/sources/list_source.h"),
            ("daemon/sources/list_source.cc", "daemon/control/refresh.h"),
            ("daemon/control/refresh.cc", "daemon/cli/command.h"),
            ("daemon/cli/command.cc", "daemon/version.h"),
            ("policy/decide.cc", "unknown/room.h"),
        ]:
            self.assertIsNotNone(fault_of(source, True, target), f"{source} -> {target}")

    def test_the_pure_room_takes_no_library(self):
        self.assertIsNone(fault_of("policy/time.cc", False, "chrono"))
        self.assertIsNotNone(fault_of("policy/time.cc", False, "Poco/Timestamp.h"))
        self.assertIsNotNone(fault_of("policy/time.cc", False, "unistd.h"))


if __name__ == "__main__":
    unittest.main()
