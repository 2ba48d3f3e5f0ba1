"""The state of a case as it is told to the applicant: what it is, and what he need or need not do.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

STATES: Mapping[str, tuple[str, str]] = {
    "REGISTERED": ("已登记", "代办员已经登记,正在报送。还没有收件,更没有受理。"),
    "RECEIVED": (
        "已收件",
        "便民服务中心已经收到,正在看材料齐不齐。收到后 5 个工作日内会受理,或者一次告诉您要补什么。",
    ),
    "CORRECTING": ("要补材料", "请照《一次性告知书》把材料补齐,交给代办员或窗口。"),
    "ACCEPTED": ("已受理", "材料齐了,正在办。您不用跑。"),
    "HANDLING": ("正在办", "承办单位正在办。您不用跑。"),
    "FORWARDED": ("正在办", "已经报给上一级,等他们接收。您不用跑。"),
    "SENT_BACK": ("正在办", "退给下一级补充。要您做什么,会有人告诉您。"),
    "PAUSED": ("停表", "在做依法不算时限的程序(如公示、检验),做完接着办。"),
    "SUSPENDED": ("中止", "依法暂时停办,原因消除后接着办。详情请问窗口。"),
    "PARALLEL": ("正在办", "几个部门同时在办。您不用跑。"),
    "CANCELLED": ("已作废", "这份登记已经撤回。要再办,请重新登记。"),
    "TERMINATED": ("已终止", "这件事不再办了。原因写在给您的文书上。"),
    "GRANTED": ("已办好", "准予。结果正在送给您,或请到窗口领取。"),
    "REFUSED": ("不予", "已作出不予的决定。理由和怎样复议、诉讼,写在给您的决定书上。"),
    "REVOKED": ("决定已撤销", "原来的决定已经撤销,证件不再有效。原因写在给您的文书上,详情请问窗口。"),
    "NOT_ACCEPTED": ("不予受理", "没有受理。原因和该找谁,写在给您的通知书上。"),
    "RETURNED": ("已退件", "到期没有补齐,材料已退。补齐以后可以重新申请。"),
    "DELIVERED": ("已送达", "{decision}。结果已经交给您。"),
    "RATED": ("已送达", "{decision}。结果已经交给您。谢谢您的评价。"),
    "ARCHIVED": ("已办结", "{decision}。已经办完归档。"),
}
OTHER = ("正在办", "详情请问代办员或窗口。")


def told(label: str, *, granted: bool = True) -> tuple[str, str]:
    """(the state in a few characters, what it means for the applicant).  ``granted``: where it is decided, how."""
    state, meaning = STATES.get(label, OTHER)
    return state, meaning.format(decision="准予" if granted else "不予")
