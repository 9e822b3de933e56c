"""What the kit gives to the tests of its hosts, used as a host uses it."""

import pytest

pytest_plugins = ["pytester"]


def test_a_hosts_test_gets_an_office_a_clock_and_letters_in_a_few_lines(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["lre_kit.testing.plugin"]')
    pytester.makepyfile(
        """
        from datetime import timedelta

        import pytest


        @pytest.fixture
        def lre_settings():
            return {"provider_name": "Mine"}


        def test_an_unclaimed_letter(lre_office, lre_clock, lre_courier, lre_letter):
            letter = lre_letter(subject="Lease")
            assert lre_office.settings.provider_name == "Mine"
            assert letter.number in lre_courier.text_of()
            lre_clock.advance(timedelta(days=17))
            lre_office.run_until_idle()
            assert lre_office.reading.by_id(letter.id).phase == "unclaimed"


        def test_another_has_an_office_of_its_own(lre_office):
            assert lre_office.reading.letters("host-user-1", limit=5) == []
        """
    )
    found = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    found.assert_outcomes(passed=2)
