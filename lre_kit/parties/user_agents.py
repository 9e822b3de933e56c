"""What is kept of a browser's own words: enough to recognise one's session, too little to follow a person."""

import re


def agent_summary(user_agent: str) -> str:
    """Return a browser's words in general terms, such as ``Firefox, Windows``; versions are not kept."""
    browsers = ("Edg", "OPR", "Firefox", "FxiOS", "CriOS", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "CrOS", "Mac OS", "Linux")
    browser = next((name for name in browsers if re.search(rf"\b{name}\b", user_agent)), "")
    system = next((name for name in systems if name in user_agent), "")
    named = {"Edg": "Edge", "OPR": "Opera", "FxiOS": "Firefox", "CriOS": "Chrome"}.get(browser, browser)
    place = {"CrOS": "ChromeOS", "Mac OS": "macOS"}.get(system, system)
    return ", ".join(part for part in (named, place) if part)
