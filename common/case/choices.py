"""Closed lists of what stands in acts: value -> words.

Who writes an act chooses from them (``commands.CHOICES``); what is stored already is read whatever it says.
"""

from __future__ import annotations

from collections.abc import Mapping

CHANNELS: Mapping[str, str] = {
    "village_agent": "代办登记",
    "township_window": "窗口登记",
    "county_window": "窗口登记",
}
"""Where an application was taken in (R-305)."""

GROUNDS: Mapping[str, str] = {
    "not_competent": "不属于本机关办",
    "not_needed": "这件事不需要审批",
    "other": "依法不能受理的其他情形",
}
"""Why an application is not accepted (R-202, R-203)."""
NOT_COMPETENT = "not_competent"

WAYS: Mapping[str, str] = {
    "window": "窗口领取",
    "agent": "代办员送达",
    "post": "邮寄",
    "electronic": "电子送达",
}
"""How a result is delivered (R-510)."""

RELATIONS: Mapping[str, str] = {"本人": "本人", "家属": "家属", "受托人": "受托人", "其他": "其他人"}
"""What who signed for it is to the applicant (rules section 9, 送达回证)."""
