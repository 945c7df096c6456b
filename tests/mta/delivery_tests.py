# SPDX-License-Identifier: MIT
"""What has to become of mail, whichever server sends it. Each mixin needs `mta_test.MtaTest` beside it."""

import shutil

import cases


class ListedTests:
    """Domains of the signed list."""

    def test_right_certificate_is_delivered_and_sees_sni(self):
        mail = self.assert_delivered_by_tls("right")
        self.assertEqual(mail.tls.server_name, "mx.right.test")

    def test_policy_by_alias_is_delivered(self):
        self.assert_delivered_by_tls("right-by-alias")

    def test_mx_below_a_listed_suffix_is_delivered(self):
        self.assert_delivered_by_tls("suffix")

    def test_wildcard_certificate_is_delivered(self):
        self.assert_delivered_by_tls("wildcard-certificate")

    def test_mx_that_is_an_alias_is_delivered(self):
        self.assert_delivered_by_tls("alias-mx")

    def test_wrong_name_is_deferred(self):
        self.assert_refused("wrong-name")

    def test_expired_certificate_is_deferred(self):
        self.assert_refused("expired")

    def test_unknown_ca_is_deferred(self):
        self.assert_refused("unknown-ca")

    def test_no_starttls_is_deferred(self):
        self.assert_refused("no-starttls")

    def test_capital_letters_are_no_way_around(self):
        sender, case = "capitals@lab.test", cases.BY_NAME["no-starttls"]
        self.mta.send(sender, case.recipient.upper())
        self.assert_refused("no-starttls", sender)

    def test_mx_outside_the_list_entry_is_deferred(self):
        self.assert_refused("rogue-mx")

    def test_mx_outside_the_list_entry_is_passed_over_for_the_next(self):
        mail = self.assert_delivered_by_tls("second-mx")
        self.assertEqual(mail.receiver, "mx.second-mx.test")

    def test_testing_mode_is_delivered_despite_a_wrong_name(self):
        self.assert_delivered("testing-wrong-name")

    def test_testing_mode_is_delivered_without_starttls(self):
        self.assert_delivered("testing-no-starttls")

    def test_a_refused_mx_does_not_hurt_other_domains_on_it(self):
        self.assert_refused("rogue-mx")
        beside = cases.BY_NAME["beside-rogue"]
        self.mta.send(beside.sender, beside.recipient)
        self.assert_delivered("beside-rogue")


class AgreementTests:
    """Domains with an agreement."""

    def test_encrypt_takes_a_self_signed_certificate(self):
        self.assert_delivered_by_tls("encrypt-self-signed")

    def test_encrypt_refuses_no_starttls(self):
        self.assert_refused("encrypt-no-starttls")

    def test_secure_is_delivered(self):
        mail = self.assert_delivered_by_tls("secure")
        self.assertEqual(mail.tls.server_name, "mx.secure.test")

    def test_secure_refuses_a_wrong_name(self):
        self.assert_refused("secure-wrong-name")

    def test_own_ca_is_delivered(self):
        self.assert_delivered_by_tls("own-ca")

    def test_own_ca_refuses_every_other_ca(self):
        self.assert_refused("own-ca-only")

    def test_agreed_certificate_name_is_delivered(self):
        self.assert_delivered_by_tls("match")

    def test_agreed_certificate_name_refuses_the_name_of_the_mx(self):
        self.assert_refused("match-only")

    def test_pinned_self_signed_certificate_is_delivered(self):
        self.assert_delivered_by_tls("pin")

    def test_second_of_two_pins_is_delivered(self):
        self.assert_delivered_by_tls("pin-second")

    def test_wrong_pin_is_deferred(self):
        self.assert_refused("pin-wrong")

    def test_pinned_key_is_delivered(self):
        self.assert_delivered_by_tls("key-pin")

    def test_pinned_key_refuses_no_starttls(self):
        self.assert_refused("key-pin-no-starttls")

    def test_minimum_tls_is_delivered(self):
        mail = self.assert_delivered_by_tls("newest-tls")
        self.assertEqual(mail.tls.version, "TLSv1.3")

    def test_minimum_tls_refuses_older(self):
        self.assert_refused("newest-tls-missing")

    def test_sender_cannot_switch_the_policy_off(self):
        """RFC 8689: a message may say that it does not care; an agreement does."""
        sender = "careless@lab.test"
        self.mta.send(sender, cases.BY_NAME["encrypt-no-starttls"].recipient, header="TLS-Required: no")
        self.assert_refused("encrypt-no-starttls", sender)

    def test_exception_none_is_delivered_in_clear(self):
        mail = self.assert_delivered("exception-none")
        self.assertIsNone(mail.tls)

    def test_agreement_does_not_lower_the_list(self):
        self.assert_refused("stronger-than-list")

    def test_subdomain_agreement_covers_subdomains(self):
        self.assert_refused("subdomain")
        self.assert_refused("subdomain-deep")
        self.assert_delivered_by_tls("subdomain-tls")

    def test_subdomain_agreement_leaves_the_apex_alone(self):
        self.assert_delivered("apex")


class NoPolicyTests:
    """Everybody else: never worse off than without tlspact."""

    def test_domain_without_policy_is_delivered_without_starttls(self):
        mail = self.assert_delivered("plain")
        self.assertIsNone(mail.tls)

    def test_domain_without_policy_is_delivered_to_any_certificate(self):
        self.assert_delivered_by_tls("plain-self-signed")
        self.assert_delivered("plain-expired")

    def test_domain_without_policy_is_delivered_beside_failing_ones(self):
        sender, failing = "beside@lab.test", ("wrong-name", "no-starttls", "pin-wrong")
        recipients = [cases.BY_NAME[name].recipient for name in (*failing, "plain")]
        self.mta.send(sender, *recipients)
        self.mta.wait_for(sender, *recipients)
        self.assert_delivered("plain", sender)
        for name in failing:
            self.assert_refused(name, sender)


class SharedMxTests:
    """Domains with different policies on one MX host, whose certificate is for another name."""

    def test_one_message_each_recipient_by_its_own_policy(self):
        sender, recipients = "shared-message@lab.test", [case.recipient for case in cases.SHARED]
        self.mta.send(sender, *recipients)
        self.mta.wait_for(sender, *recipients)
        self.assert_refused("shared-secure", sender)
        self.assert_delivered("shared-open", sender)
        self.assertIsNotNone(self.assert_delivered("shared-encrypt", sender).tls)

    def test_one_queue_run_each_message_by_its_own_policy(self):
        """All three wait for the host; a connection made for one must not serve another."""
        receiver = self.world.receivers[cases.SHARED_HOST]
        receiver.stop()
        self.addCleanup(receiver.start)
        for case in cases.SHARED:
            self.mta.send(case.sender, case.recipient)
            self.assert_refused(case.name)
        self.doCleanups()
        mark = self.mta.mark()
        self.mta.flush()
        self.assert_refused("shared-secure", since=mark)
        self.assert_delivered("shared-open", since=mark)
        self.assertIsNotNone(self.assert_delivered("shared-encrypt", since=mark).tls)


class MapTests:
    """The map file and its life."""

    def test_replaced_map_is_used_for_the_next_message(self):
        case = cases.REPLACED
        self.mta.send("before@lab.test", case.recipient)
        self.assert_delivered(case.name, "before@lab.test")
        before = self.map_file().stat().st_ino

        self.tlspact.write_agreements((*cases.ALL, cases.REPLACED_AGREED))
        self.addCleanup(self.tlspact.write_agreements, cases.ALL)
        self.generate()
        self.assertNotEqual(self.map_file().stat().st_ino, before, "the map was written in place")
        self.mta.send("agreed@lab.test", case.recipient)
        self.assert_refused(case.name, "agreed@lab.test")

        self.doCleanups()
        self.generate()
        mark = self.mta.mark()
        self.mta.flush()
        self.assert_delivered(case.name, "agreed@lab.test", since=mark)

    def test_unchanged_map_is_not_rewritten(self):
        before = self.map_file().stat()
        self.generate()
        after = self.map_file().stat()
        self.assertEqual((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns))

    def test_server_keeps_its_policy_when_nothing_of_tlspact_is_left(self):
        """Only the maps and the settings stay; the server starts anew and decides as before."""
        for entry in self.root.path.glob("var/lib/tlspact/*"):
            if entry.name not in ("postfix", "exim"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.mta.stop()
        self.mta.start()
        for name in ("right", "wrong-name"):
            self.mta.send(f"alone-{name}@lab.test", cases.BY_NAME[name].recipient)
        self.assert_delivered("right", "alone-right@lab.test")
        self.assert_refused("wrong-name", "alone-wrong-name@lab.test")
