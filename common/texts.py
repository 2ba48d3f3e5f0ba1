"""What people read about an error: each code with a Chinese sentence that says what happened and what to do.

The sentence is a template; ``{name}`` stands for a value of the error's ``detail``.  A value that is not given reads
「未知」, so that an error is never lost to a missing detail.  Codes are dotted, ``case.not_received``; the part before the
dot is the room it belongs to.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from common.case.reasons import REASONS, REFUSALS
from common.errors import AppError

_LONGEST_VALUE = 120
_UNKNOWN = "未知"

STATES: Mapping[str, str] = {
    "REGISTERED": "已登记,还没报送",
    "RECEIVED": "已收件",
    "CORRECTING": "等补正",
    "ACCEPTED": "已受理",
    "HANDLING": "承办中",
    "FORWARDED": "已上报,等接收",
    "SENT_BACK": "已退回补充,等接收",
    "PAUSED": "停表中",
    "SUSPENDED": "中止",
    "PARALLEL": "并联审批中",
    "CANCELLED": "已作废",
    "TERMINATED": "已终止",
    "GRANTED": "准予",
    "REFUSED": "不予",
    "NOT_ACCEPTED": "不予受理",
    "RETURNED": "已退件",
    "DELIVERED": "已送达",
    "RATED": "已评价",
    "ARCHIVED": "已归档",
}
"""The states of a case (rules section 6) as people call them."""

ROLES: Mapping[str, str] = {
    "agent": "代办员",
    "clerk": "经办人",
    "lead": "负责人",
    "window": "窗口",
    "chief": "首席代表",
    "operator": "管理员",
    "supervisor": "效能监督员",
    "technician": "技术员",
}
"""The roles of officers as people call them."""

DEFAULT = "没有办成,原因的代码是 {code}。请记下这个代码和刚才做的事,告诉技术员。"

TEXTS: Mapping[str, str] = {
    # -- accounts: passwords, sessions, tokens
    "account.code_used": "这个核对码已经用过或已经换过。请重新取一个核对码,再打电话。",
    "account.code_expired": "核对码已过期。请重新取一个核对码,再打电话。",
    "account.code_mistyped": "核对码不对:应是 8 位数字,末位是校验位。请对方再念一遍。",
    "account.locked": "口令连续输错 {failures} 次,先等 {wait} 再试。忘了口令,点「忘记口令」。",
    "account.no_password": "这位工作人员还没有口令。请管理员先设一个。",
    "account.no_reset_here": "这台机器不能凭电话重设口令。请管理员在本单位的系统里重设。",
    "account.no_such_officer": "这里没有这位工作人员,或任命已经结束。请另选姓名。",
    "account.passwords_differ": "两次输入的新口令不一样。请再输一次。",
    "account.password_common": "这个口令太容易被猜中。请换一个,不要用连号、重号或自己的姓名。",
    "account.password_same": "新口令和现在的一样。请换一个。",
    "account.password_too_long": "口令太长,最多 {most} 个字符。",
    "account.password_too_short": "口令太短,至少 {least} 个字符。",
    "account.token_days": "访问令牌的期限是 1 到 {most} 天。",
    "account.wrong_answer": "回复码不对。请管理员再念一遍,并确认选的单位和姓名是这一台、这一位。",
    "account.wrong_password": "口令不对。看看大写锁定和输入法,再输一次。",
    # -- calendar, clock
    "clock.bad_time": "看不懂这个时间:{text}。请写成 2026-03-04 或 2026-03-04T09:12。",
    # -- numbers and codes
    "case_number.check_digits": "办件编号的末两位对不上,有一位看错或输错了。请对照凭证再看一次。",
    "case_number.date": "办件编号里的日期不存在。请对照凭证再看一次。",
    "case_number.format": "这不是一个完整的办件编号。请对照凭证输入,例如 511322101203-20260213-K7QD-0007-57。",
    "case_number.serial": "办件编号里的流水号不能是 0000。请对照凭证再看一次。",
    "citizen_id.birth_date": "身份证号里的出生日期不存在。请对照证件看第 7 到 14 位。",
    "citizen_id.birth_in_future": "身份证号里的出生日期还没到。请对照证件看第 7 到 14 位;证件没错,就看本机日期对不对。",
    "citizen_id.characters": "身份证号只能有数字,末位可以是 X。请对照证件再看一次。",
    "citizen_id.check_character": "身份证号对不上,有一位看错或输错了。请对照证件逐位再看一次。",
    "citizen_id.empty": "没有填身份证号。",
    "citizen_id.first_generation": "这是 15 位的第一代身份证号,2013 年起已停用。请用现在的 18 位号码。",
    "citizen_id.length": "身份证号应是 18 位,现在是 {length} 位。请对照证件再看一次。",
    "credit_code.characters": "统一社会信用代码里有不会出现的字符(没有 I、O、S、V、Z)。请对照证照再看一次。",
    "credit_code.check_character": "统一社会信用代码对不上,有一位看错或输错了。请对照证照逐位再看一次。",
    "credit_code.length": "统一社会信用代码应是 18 位,现在是 {length} 位。",
    "disability_certificate.format": "残疾人证号是身份证号加类别、等级各一位(补发的再加 B 和一位)。请对照证件再看。",
    "query_code.format": "查询码是 6 位数字,在凭证上办件编号的下面。",
    # -- events, the ledger
    "event.duplicate_key": "这条记录里有重复的项,不能采信。原文已留存,请告诉技术员。",
    "event.float": "这条记录里有小数,按规定金额以分计、小数以文字记。原文已留存,请告诉技术员。",
    "event.integer_too_large": "这条记录里的数太大。原文已留存,请告诉技术员。",
    "event.not_a_line": "这一行不是一条完整的记录。原文已留存,请告诉技术员。",
    "event.not_json": "这条记录读不出来。原文已留存,请告诉技术员。",
    "event.not_object": "这条记录的形式不对。原文已留存,请告诉技术员。",
    "event.not_utf8": "这条记录里有不能采信的文字编码。原文已留存,请告诉技术员。",
    "event.too_deep": "这条记录套得太深。原文已留存,请告诉技术员。",
    "event.too_large": "这条记录太大,超过 64 kB。请少写一些,照片作为材料另附。",
    "event.unknown_version": "这条记录是更新的版本写的,这台机器还读不懂。请升级程序;在此之前原样保存。",
    "event.wrong_keys": "这条记录缺少应有的项,或有不该有的项。原文已留存,请告诉技术员。",
    "event.wrong_value": "这条记录里有一项的值不对。原文已留存,请告诉技术员。",
    # -- keys, seals, checkpoints, messages
    "key.weak": "这把公钥太弱,不能用。请重新生成密钥;原件已留存,请告诉技术员。",
    "key.wrong_form": "这把公钥读不出来。请从原处重新取一份,或告诉技术员。",
    "key.wrong_kid": "这把公钥的名称和内容对不上,可能被改过。请从原处重新取一份,或告诉技术员。",
    "key_file.damaged": "密钥文件 {path} 坏了:应是 64 位十六进制数字。请用备份的密钥文件替换它;没有它,数据打不开。",
    "key_file.exists": "这里已有密钥文件 {path},不会覆盖。要新建,请换一个位置或名称;它若还有用,千万不要删。",
    "key_file.missing": "找不到密钥文件 {path}。请检查路径,或用备份的密钥文件;没有它,数据打不开。",
    "key_file.unreadable": "密钥文件 {path} 读不了:{reason}。请检查文件的权限。",
    "key_file.unwritable": "密钥文件 {path} 写不了:{reason}。请检查目录是否存在、能不能写。",
    "message.not_lines": "对方发来的内容不完整,没有收下。会自动再试;多次如此,请告诉技术员。",
    "message.not_zstd": "对方发来的内容解不开,没有收下。会自动再试;多次如此,请告诉技术员。",
    "message.too_large": "对方发来的内容超过了上限,没有收下。请告诉技术员。",
    "message.too_many_lines": "对方一次发来的记录超过 {limit} 条,没有收下。请告诉技术员。",
    "message.unknown_dictionary": "对方的程序更新,用了这台机器没有的压缩字典。请升级程序,没有丢失任何记录。",
    "message.unknown_version": "对方的程序更新,这台机器还读不懂它的消息。请升级程序,没有丢失任何记录。",
    "message.wrong_form": "这不是便民系统的同步消息,没有收下。请检查地址或文件。",
    "message.wrong_header": "对方发来的消息开头读不懂,没有收下。请告诉技术员。",
    "message.wrong_seal": "这条消息不是发给这台机器的,或在路上被改过,没有收下。请检查是不是拿错了文件。",
    "message.wrong_signature": "这条消息的签名不对,不能确认是谁发的,没有收下。请告诉技术员。",
    "note.not_by_hub": "这份检查点不是县级中心签的,没有采用。请告诉技术员。",
    "note.too_large": "这份检查点太大,没有采用。请告诉技术员。",
    "note.wrong_form": "这份检查点读不出来,没有采用。请告诉技术员。",
    "note.wrong_signature": "这份检查点的签名不对,没有采用。请告诉技术员。",
    "password.damaged": "这份加密的密钥读不出来,可能没有抄全。请对照原件,或换另一份备份。",
    "password.wrong": "口令不对,打不开。看看大写锁定和输入法,再输一次。",
    "seal.wrong": "密封的内容打不开:不是封给这台机器的,或被改过。请告诉技术员。",
    "signature.wrong": "签名和内容对不上,不能采信。原文已留存,请告诉技术员。",
    "signature.wrong_form": "签名的形式不对,不能采信。原文已留存,请告诉技术员。",
    "signature.wrong_key": "签名不是用应有的钥匙签的,不能采信。原文已留存,请告诉技术员。",
    # -- the command lines
    "cli.empty_password": "没有从标准输入读到口令。请把口令写在第一行。",
    "cli.no_data": "没有说数据放在哪里。请用 --data 目录,或设置 BIANMIN_DATA。",
    # -- packs
    "pack.bad": "资料包不能用:{faults}。请照这些地方改好再来。",
    "pack.bad_calendar": "工作日历读不出来:{why}。请检查资料包里的 workdays。",
    # -- papers
    "paper.damaged": "这份材料的文件坏了,打不开。请点「取回」重新取一份;取不回,请重新拍。",
    "paper.damaged_upload": "这张照片(文件)不完整,打不开。请重新拍一张,或换一个文件。",
    "paper.disk_full": "这台电脑的硬盘快满了(只剩 {left} MB),先不能再拍材料,已填的都还在。请删掉不用的文件,或告诉技术员。",
    "paper.empty": "这个文件是空的。请重新拍一张,或换一个文件。",
    "paper.heic": "这是苹果手机的 HEIC 照片,还读不了。请在手机「设置-相机-格式」里选「兼容性最佳」,再拍一张。",
    "paper.on_its_way": "材料还在路上,没有传到这台机器。可以点「取回」,下次同步时取来。",
    "paper.pdf_too_large": "这个 PDF 太大,最大 {most} MB。请分成几个,或拍成照片。",
    "paper.too_many_pages": "一份材料最多 {most} 页。多出来的请另作一份补充材料。",
    "paper.too_many_pages_in_all": "一次登记最多附 {most} 页材料。请先把必要的附上,其余的登记后再「补充材料」。",
    "paper.too_many_pixels": "这张照片的像素太多,最多 {most} 百万。请把相机的分辨率调低些,再拍一张。",
    "paper.type": "只收照片(JPEG、PNG)和 PDF,这个文件都不是。请拍照,或换一个文件。",
    "paper.unwritable": "材料没有存上:{reason}。请告诉技术员;已填的都还在。",
    "paper.upload_too_large": "这个文件太大,最大 {most} MB。请把照片缩小,或分几次传。",
    # -- cases: why an act has no effect, why a command is refused
    **REASONS,
    **REFUSALS,
    # -- pages
    "web.bad_request": "没有看懂这个请求。请回到上一页再试一次。",
    "web.form_expired": "这一页开得太久,或在别处重新登录过,所以没有存上。请返回上一页,刷新后再试一次。",
    "web.log_in": "请先登录。",
    "web.locked": "已锁屏。请输入口令,再接着办。",
    "web.method": "这个地址不能这样打开。请从页面上的链接或按钮进入。",
    "web.not_found": "没有这一页。可能地址有误,或这件已不在本单位的范围内。",
    "web.not_permitted": "{name}({role})没有这项权限。要办这件事,请找有这项权限的人。",
    "web.server_error": "程序出了错,这一步没有存上。请记下编号 {id},告诉技术员;别的事可以照常办。",
    "web.token_needed": "这个接口要带访问令牌(Authorization: Bearer)。令牌由 token 命令签发。",
    "web.token_wrong": "访问令牌不对、已过期或已停用。请重新签发。",
    "web.too_large": "一次传得太多,超过了 {most}。请把照片缩小,或分几次传。",
    "web.too_many": "试得太勤了。请等 {wait} 再试。",
}


def words(error: AppError) -> str:
    """The sentence for an error, with its details filled in; never empty, never raises.

    Args:
        error: any AppError; a code without a text of its own gets ``DEFAULT``, which names the code.
    """
    return say(error.code, error.detail)


def say(code: str, detail: Mapping[str, object] | None = None) -> str:
    """The sentence for a code that no error carries: the reason of a set-aside act, of a stub, of a refusal."""
    return _FORMAT.vformat(TEXTS.get(code, DEFAULT), (), {**(detail or {}), "code": code})


class _Lenient(string.Formatter):
    """Fills in plain values only: no attributes, no indexes, no conversions."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(field_name), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return _plain(value)


_FORMAT = _Lenient()


def _plain(value: object) -> str:
    """A detail as people write it."""
    if value is None or value == "":
        return _UNKNOWN
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, str):
        text = STATES.get(value) or ROLES.get(value) or value
    elif isinstance(value, Iterable):
        text = "、".join(_plain(one) for one in value)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
