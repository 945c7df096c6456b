#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a STARTTLS-Everywhere list of N made-up domains, all enforced.

Four domains in ten are hosted by one of 2,000 providers by alias, two repeat a provider's policy in
full, and four have two MX hosts of their own: what is shared can be interned, what is not cannot.
The same N gives the same bytes. --expires moves the expiry, and so changes the bytes; --edition
changes every policy.
"""
import argparse

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("domains", type=int)
parser.add_argument("file")
parser.add_argument("--timestamp", default="2026-01-01T00:00:00Z")
parser.add_argument("--expires", default="2036-01-01T00:00:00Z")
parser.add_argument("--edition", default="")
arguments = parser.parse_args()
PROVIDERS = 2000


def provider_policy(number):
    return (f'{{"mode":"enforce","mxs":["mx1{arguments.edition}.provider{number}.example",'
            f'".in.provider{number}.example"]}}')


def policy(number):
    if number % 10 < 4:
        return f'{{"policy-alias":"provider{number % PROVIDERS}"}}'
    if number % 10 < 6:
        return provider_policy(number % PROVIDERS)
    return (f'{{"mode":"enforce","mxs":["mx1{arguments.edition}.d{number:08}.example",'
            f'"mx2.d{number:08}.example"]}}')


with open(arguments.file, "w", buffering=1 << 20) as out:
    out.write(f'{{"version":"0.1","author":"bench","timestamp":"{arguments.timestamp}",'
              f'"expires":"{arguments.expires}",\n"policy-aliases":{{\n')
    out.write(",\n".join(f'"provider{n}":{provider_policy(n)}' for n in range(PROVIDERS)))
    out.write('\n},\n"policies":{\n')
    for number in range(arguments.domains):
        separator = ",\n" if number else ""
        out.write(f'{separator}"d{number:08}.example":{policy(number)}')
    out.write("\n}}\n")
