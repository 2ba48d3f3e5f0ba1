"""What people read about an error: each code with a Chinese sentence that says what happened and what to do.

The sentence is a template; ``{name}`` stands for a value of the error's ``detail``.  A value that is not given reads
「未知」, so that an error is never lost to a missing detail.  Codes are dotted, ``case.not_received``; the part before
the dot is the room it belongs to.
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
    "REVOKED": "准予已撤销",
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
    "account.has_password": "{name}已经有口令了。忘了口令的,请本人在登录页点「忘记口令」。",
    "account.locked": "口令连续输错 {failures} 次,先等 {wait}再试。忘了口令,点「忘记口令」。",
    "account.no_password": "这位工作人员还没有口令。请管理员先设一个。",
    "account.no_reset_here": "这台机器不能凭电话重设口令。请管理员在本单位的系统里重设。",
    "account.nobody_chosen": "还没有选姓名。请先点自己的名字,再输口令。",
    "account.nothing_typed": "还没有输口令。请输入口令。",
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
    "clock.bad_now": "看不懂 BIANMIN_NOW:{text}。请写成 2026-03-04T09:12。",
    "clock.moved_in_a_real_county": "这是真的县,不能拨钟。请取消 BIANMIN_NOW。",
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
    "query.too_many": "试得太多了。请等 {wait}再试;忘了查询码,请带身份证到窗口问。",
    "query.wrong": "编号和查询码对不上。请对照收件凭证再看一次;忘了查询码,请带身份证到窗口问。",
    "query_code.format": "查询码是 6 位数字,在凭证上办件编号的下面。",
    # -- events, the ledger
    "event.bad_signature": "这条记录的签名不对,没有收下。请告诉技术员。",
    "event.bad_text": "里面有存不了的字符(例如空字符)。请删掉后重新输入。",
    "event.broken_chain": "这条记录和前一条接不上。原文已留存,请告诉技术员。",
    "event.duplicate_key": "这条记录里有重复的项,不能采信。原文已留存,请告诉技术员。",
    "event.float": "这条记录里有小数,按规定金额以分计、小数以文字记。原文已留存,请告诉技术员。",
    "event.integer_too_large": "这条记录里的数太大。原文已留存,请告诉技术员。",
    "event.not_a_line": "这一行不是一条完整的记录。原文已留存,请告诉技术员。",
    "event.not_json": "这条记录读不出来。原文已留存,请告诉技术员。",
    "event.not_object": "这条记录的形式不对。原文已留存,请告诉技术员。",
    "event.not_utf8": "这条记录里有不能采信的文字编码。原文已留存,请告诉技术员。",
    "event.put_aside": "这条记录读不懂,已隔离保存,后面的照常。请升级程序,或告诉技术员。",
    "event.second_hub": "这条记录另立了一个县级中心,没有采信。原文已留存,请马上告诉技术员。",
    "event.too_deep": "这条记录套得太深。原文已留存,请告诉技术员。",
    "event.too_large": "这条记录太大,超过 64 kB。请少写一些,照片作为材料另附。",
    "event.unknown_key": "这条记录用的钥匙没有登记过,没有收下。请告诉技术员。",
    "event.unknown_version": "这条记录是更新的版本写的,这台机器还读不懂。请升级程序;在此之前原样保存。",
    "event.unreadable": "这条记录读不出来了。请告诉技术员:可以从上级或备份恢复。",
    "event.wrong_hub": "这条基础数据不是本县的县级中心写的,没有采信。原文已留存,请告诉技术员。",
    "event.wrong_id": "这条记录的内容和编号对不上,可能被改过。请告诉技术员:可以从上级或备份恢复。",
    "event.wrong_keys": "这条记录缺少应有的项,或有不该有的项。原文已留存,请告诉技术员。",
    "event.wrong_root": "这条记录的根密钥不是启用单上的那一把,没有采信。请马上告诉技术员。",
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
    "message.other_reader": "这条消息是给别的机器的,没有收下。请检查是不是接错了地址或拿错了文件。",
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
    "cli.password_needed": "没有给口令。请加 --password-stdin,把口令从标准输入送来。",
    "cli.unreadable": "读不了 {path}:{reason}。请检查路径和权限。",
    "cli.wrong_use": "用法不对:{what}。加 --help 看用法。",
    "data.exists": "{path} 里已经有数据,没有动它。请另选一个空目录。",
    "data.none": "{path} 里没有数据。请检查 --data,或先运行 init。",
    "data.other_program": "{path} 里是{name}的数据,不归这个程序管。县里用 county-hub,乡镇和村用 township-node。",
    "data.unwritable": "写不进 {path}:{reason}。请检查路径、权限和硬盘空间。",
    "serve.port": "不能在 {host} 的 {port} 端口上提供服务:{reason}。请换一个端口,或停掉占用它的程序。",
    "serve.running": "这个目录({path})正有程序在用(serve 或 rebuild)。请先停掉它,再来一次。",
    # -- the store and the node
    "node.exists": "{path} 里已经有一个节点。请另选一个空目录。",
    "node.no_hub": "还没有取到县里的基础数据。请先同步一次。",
    "node.counts_no_less": "只能往后改:已经算到第 {seq} 条。",
    "node.no_number": "请写数字:算到第几条。",
    "node.no_such_record": "县里没有这一段的第 {seq} 条。先让那台机器或它的乡镇同步一次,再来裁定。",
    "node.which_record": "第 {seq} 条有 {count} 条不同的。数字后面空一格,写上算数那条的编号,如 {seq} {id}。",
    "node.no_reason": "没有写停用的原因。请写上,以后要查。",
    "node.no_ruling_reason": "没有写裁定的理由。请写上,以后要查。",
    "node.no_such_machine": "没有登记过这台机器:{node}。请从节点表里进入。",
    "node.no_such_place": "没有这个乡镇或村:{office}。请从节点表里进入。",
    "node.not_created": "{path} 里还没有节点。请先运行 init。",
    "node.not_enrolled": "这台机器还没有启用。请连上上级,再运行一次 init。",
    "reference.behind": "下级持有更新的基础数据(到第 {seq} 条),县里的这一份不全。在取回之前不能发布,请告诉技术员。",
    "reference.not_hub": "基础数据只能由县级中心发布。",
    "store.busy": "另一个程序正占着数据文件,这次没有存上。请等一会儿再试。",
    "store.damaged": "数据文件 {path} 坏了({what})。请停下来,用备份恢复,不要继续使用。",
    "store.missing": "没有数据文件 {path}。请检查 --data。",
    "store.damaged_now": "数据文件坏了({what})。请停下来,用备份恢复,不要继续使用。",
    "store.full": "磁盘满了,这次没有存上。请先腾出空间,已存的都还在。",
    "store.newer": "{path} 是更新的程序建的(格式 {schema},这里只认得 {known})。请升级程序。",
    "store.not_ours": "{path} 不是便民的数据文件。请检查 --data。",
    "store.wrong_key": "密钥打不开 {path}:密钥不对,或文件不是便民的数据。请检查 --key-file。",
    # -- officers, departments, slips
    "due.too_long": "天数太多,算不出到期日:--days 最多 {most} 天(十年)。请检查天数。",
    "calendar.none": "还没有工作日历,算不出到期日。",
    "department.no_key": "{office}的签名密钥不在这台机器上,不能在这里签名。",
    "officer.no_name": "没有写姓名。请写上。",
    "officer.no_office": "没有选承办单位。请选一个。",
    "officer.no_role": "没有选岗位。请选一个。",
    "officer.bad_name": "姓名「{name}」不能用:最多 60 个字,不带换行。",
    "officer.ended_already": "{name}的任用早已解除。",
    "officer.list_columns": "名单的第一行应是列名:{columns}。",
    "officer.list_not_text": "名单读不出来。请存成 CSV(UTF-8 或 GB18030)再来。",
    "officer.list_too_large": "名单太大,最多 {limit} 字节。请分几次。",
    "officer.no_file": "没有选名单文件。",
    "officer.no_reason": "没有写解除的原因。",
    "officer.not_here": "这台机器上没有这位工作人员,或任命还没有传到:{officer}。",
    "officer.not_your_appointment": "{name}是县里任用的,只能由县里解除。",
    "officer.not_your_office": "{office}不归本单位任用。",
    "officer.password_elsewhere": "{office}不在这台机器上办公,口令要到那里去设。",
    "officer.role_does_not_fit": "{office}没有「{role}」这个岗位。",
    "officer.unknown": "没有这位工作人员:{officer}。",
    "officer.unknown_office": "没有这个承办单位:{office}。",
    "officer.unknown_role": "没有「{role}」这个岗位。可以是:{roles}。",
    "officer.village_appoints_none": "村里不任用工作人员,由乡镇任用。",
    "setting.out_of_range": "{name} 要在 {least} 到 {most} 之间。",
    "slip.bad_address": "地址「{url}」不能用。应是 http:// 或 https:// 加主机名(可带端口),后面什么也不写。",
    "slip.no_place": "没有选给哪里。请选一个乡镇或村。",
    "slip.bad_office": "{office} 不是乡镇(9 位)或村(12 位)的代码。请对照区划代码再看一次。",
    "slip.damaged": "启用单的内容对不上,有字看错或抄漏了。请对照原单再看一次,或重新开一张。",
    "slip.expired": "启用单已过期。请县里重新开一张。",
    "slip.group_wrong": "启用单第 {group} 组「{text}」不对,有字看错了。请对照原单再看一次。",
    "slip.no_parent": "没有上级地址。请用 --parent 给出上级的地址,或先在县里设好(url set),再开一张启用单。",
    "slip.none_open": "没有还能用的启用单。请先开一张。",
    "slip.not_found": "没有读到启用单。请检查文件,或把启用单上的字全部抄进来。",
    "slip.only_at_the_hub": "启用单只能由县里开。",
    "slip.too_many_parents": "上级地址太多,最多 {most} 个。",
    "slip.too_short": "启用单不全:应有 {groups} 组,只有 {found} 组。请把后面的也抄进来。",
    "slip.unknown_office": "没有这个乡镇或村:{office}。",
    "slip.unknown_version": "启用单是更新的程序开的,这里读不懂。请升级程序,或按这个版本重新开一张。",
    "slip.used": "启用单已被另一台机器用过。要换机器,请县里重新开一张。",
    "slip.wrong": "县里没有这张启用单,或单上的暗码不对。请对照原单,或重新开一张。",
    # -- packs
    "pack.bad": "资料包不能用:{faults}。请照这些地方改好再来。",
    "pack.bad_calendar": "工作日历读不出来:{why}。请检查资料包里的 workdays。",
    # -- papers
    "paper.bad_range": "要的这一段不在文件里(共 {size} 字节)。请从头再取。",
    "paper.beyond_size": "传来的比说好的 {size} 字节多,没有收下。请从头再传。",
    "paper.damaged": "这份材料的文件坏了,打不开。请点「取回」重新取一份;取不回,请重新拍。",
    "paper.damaged_here": "一份材料的文件在这台机器上坏了或不见了。请打开办件点「取回」;取不回的重新拍,补充进去。",
    "paper.damaged_upload": "这张照片(文件)不完整,打不开。请重新拍一张,或换一个文件。",
    "paper.disk_full": "这台电脑的硬盘快满了(只剩 {left} MB),先不能再拍材料。请删掉不用的文件,或告诉技术员。",
    "paper.empty": "这个文件是空的。请重新拍一张,或换一个文件。",
    "paper.heic": "这是苹果手机的 HEIC 照片,还读不了。请在手机「设置-相机-格式」里选「兼容性最佳」,再拍一张。",
    "paper.no_space": "这里的磁盘快满了,材料暂时收不下。腾出地方以后会自动再传。",
    "paper.no_such_address": "这个上传地址不存在或已过期。再同步一次,会得到新的地址。",
    "paper.on_its_way": "材料还在路上,没有传到这台机器。可以点「取回」,下次同步时取来。",
    "paper.pdf_too_large": "这个 PDF 太大,最大 {most} MB。请分成几个,或拍成照片。",
    "paper.piece_too_large": "一次传得太多,最多 {most} 字节。请分成小段。",
    "paper.too_many_pages": "一份材料最多 {most} 页。多出来的请另作一份补充材料。",
    "paper.too_many_pages_in_all": "一次登记最多附 {most} 页材料。请先把必要的附上,其余的登记后再「补充材料」。",
    "paper.too_many_pixels": "这张照片的像素太多,最多 {most} 百万。请把相机的分辨率调低些,再拍一张。",
    "paper.tus_version": "上传要用 tus {wanted}。请升级上传的程序。",
    "paper.type": "只收照片(JPEG、PNG)和 PDF,这个文件都不是。请拍照,或换一个文件。",
    "paper.unknown": "这里没有这份材料,或它不在本单位的范围内。",
    "paper.unwritable": "材料没有存上:{reason}。请告诉技术员;已填的都还在。",
    "paper.upload_too_large": "这个文件太大,最大 {most} MB。请把照片缩小,或分几次传。",
    "paper.wrong_content": "传来的文件和登记的对不上,没有收下。会自动从头再传。",
    "paper.wrong_offset": "上传接错了位置:这里已有 {offset} 字节。请从那里接着传。",
    # -- cases: why an act has no effect, why a command is refused
    **REASONS,
    **REFUSALS,
    # -- cases: finding, registering, acting on the page
    "case.no_notice": "这件没有等着补正的一次性告知,可能已经补过或已经受理。请看办件的经过。",
    "case.not_found": "没有这件:{case}。可能编号有误,或这件不在本单位的范围内。",
    "case.not_yours": "这件不归{name}看。要看,请找承办它的单位。",
    "case.number_repeated": "编号 {number} 有两件(一台机器曾被复制)。请按收件凭证上的长编号查。",
    "case.score": "请在五种评价里选一种,或点「跳过」。",
    "case.serials_used_up": "今天的编号已用完({most} 个)。请明天再登记,或告诉技术员。",
    "case.stale": "这件刚刚有了新的变化,所以没有存上。请看现在的情况,再决定怎么办。",
    "draft.gone": "这份没填完的申请不在了,可能已登记或已删掉。请看「办件」,或重新登记。",
    "draft.not_yours": "这份没填完的申请是别人的。请本人登录来填。",
    "draft.stale": "没有存:这一页不是最新的,这一份在另一个窗口或另一台机器上又写过。请打开新的那一份,在那边办。",
    "draft.registered": "这份申请已经登记过了,没有再登记一次。请看「办件」。",
    "item.unknown": "没有这个事项,或已停办:{item}。请从事项目录里重新找。",
    "notice.none": "这件没有这份文书。请看办件的经过,办到那一步才有。",
    "register.not_by_agent": "「{item}」不能代办,须本人到镇便民服务中心或县政务服务中心办。请看办事指南。",
    "register.not_at_counter": "「{item}」在窗口不能登记时一步办结。请先登记、受理,再照办理程序办,作出决定。",
    "register.originals_unseen": "不能当场办结:{names}的原件还没有核验。请当面看过再勾选、办结;或者只登记,先不办结。",
    "register.papers_missing": "材料不齐,不能当场办结,还差:{names}。请补齐再办结;或者只登记,先不办结,补齐以后再办。",
    "worklist.unknown": "没有「{name}」这个列表。请从页面上方的链接进入。",
    # -- enrolment and exchange
    "checkpoint.other_log": "这份检查点是另一本账的,没有采用。请告诉技术员。",
    "checkpoint.other_root": "县里的账和以前见过的对不上(到第 {size} 条)。请马上告诉技术员,这可能是有人改了账。",
    "enrol.bad_answer": "启用的答复不对,没有采用。请再运行一次;还这样,请告诉县里的技术员。",
    "enrol.malformed": "启用申请读不出来。请再运行一次 init;还这样,请重新开一张启用单。",
    "enrol.no_link": "启用单上的地址都连不上。什么都没有丢,有网络时再运行一次。",
    "enrol.no_slip": "要启用,先要一张启用单。请用 --slip 给出文件或单上的文字。",
    "enrol.reference_missing": "上级的基础数据还没有取全。什么都没有丢,稍后再运行一次。",
    "enrol.version": "对方用的启用版本是 {version},这里不懂。请把两边的程序升到同一版。",
    "receipt.wrong_form": "县级回执读不出来,没有采用。会自动再取;多次如此,请告诉技术员。",
    "sync.answer_too_large": "{url} 的答复太大,没有收下。请告诉技术员;会自动再试。",
    "sync.bad_answer": "{url} 的答复不对,可能线路上有别的设备代答。没有丢失任何记录,会自动再试。",
    "sync.bad_header": "同步消息的开头有一项不对:{key}。没有收下,请告诉技术员。",
    "sync.beyond_feed": "下级记的位置比这里还多,这里的数据可能是恢复的。请告诉县里的技术员。",
    "sync.cut": "和 {url} 的连接断了。已传到的都算数,会自动接着传。",
    "sync.no_message": "这里没有同步消息。请检查地址。",
    "sync.no_progress": "和 {url} 来回多次没有进展,先停下。没有丢失任何记录,会自动再试;多次如此,请告诉技术员。",
    "sync.not_above": "{name}({url})不是这台机器的上级。请检查上级地址。",
    "sync.not_below": "这台机器不归本单位管,没有交换。请检查上级地址,或找县里更正。",
    "sync.other_county": "{url} 属于另一个县。请检查上级地址。",
    "sync.other_reference": "两边的基础数据不是同一本。请马上告诉县里的技术员。",
    "sync.parent_revoked": "上级 {name}({url})已被县里停用。请换一个上级地址。",
    "sync.refused": "上级没有同意。请看给出的原因,改好再同步。",
    "sync.revoked": "这台机器已被县里停用,不再交换。本机的记录都还在,请找县里的技术员。",
    "sync.silent": "{url} 没有回音。没有丢失任何记录,会自动再试。",
    "sync.stopped": "程序要停了,这次同步没有做完。没有丢失任何记录,下次接着传。",
    "sync.too_large_for_peer": "一次传得太多,对方没有收下。会自动分小再传。",
    "sync.too_slow": "{url} 太慢,{limit_s} 秒没有传完。已传到的都算数,会自动接着传。",
    "sync.trouble": "同步出了意外的错,已记在日志里。没有丢失任何记录,会自动再试;多次如此,请告诉技术员。",
    "sync.unknown_node": "对方还不认识这台机器。会自动出示启用凭据再试。",
    "sync.unreachable": "连不上 {url}。办件照常,都存在本机,会自动再试。",
    "sync.version": "对方的同步版本是 {theirs},这里是 {ours}。请把两边的程序升到同一版,没有丢失任何记录。",
    "wait.still": "这条记录先到了,还在等它前面的。到齐以后自动生效。",
    # -- what `verify` finds, and whose chain is believed
    "chain.broken": "这里的记录断了,中间少了或被换过。请告诉技术员:可以从上级或备份恢复。",
    "chain.head": "记录的末尾和登记的对不上。请告诉技术员:可以从上级或备份恢复。",
    "chain.malformed": "对方出示的身份凭据读不出来,没有采用。请告诉技术员。",
    "chain.not_by_hub": "对方的身份凭据不是县级中心签的,没有采用。请告诉技术员。",
    "chain.other_root": "对方属于另一个县,或有人冒充:根密钥对不上。请对照启用单上的指纹。",
    "checkpoint.lost": "这台机器见过的最新检查点不在了,现有的更旧。请同步一次;还是这样,请告诉技术员。",
    "feed.entry": "下发目录里有一条和办理留痕对不上。请告诉技术员:可以从上级或备份恢复。",
    "feed.gap": "下发目录的编号不连续,少了或多了。请告诉技术员:可以从上级或备份恢复。",
    "feed.scope": "下发目录记的知情单位和办理留痕算出来的不一样。请告诉技术员:可以从上级或备份恢复。",
    "feed.tip": "下发目录的总数和它的内容对不上。请告诉技术员:可以从上级或备份恢复。",
    "ledger.extra": "数据里多出了没有来历的一行。请告诉技术员:可以从上级或备份恢复。",
    "ledger.missing": "办理留痕里少了记录。请告诉技术员:可以从上级或备份恢复。",
    "ledger.wrong_row": "办理留痕里有一行和原文对不上。请告诉技术员:可以从上级或备份恢复。",
    "tree.wrong": "县级总账的树根算出来不一样。请马上告诉技术员。",
    "view.differs": "一件办件的显示和留痕算出来的不一样。请停下 serve,运行 rebuild。",
    "view.extra": "显示里有留痕中没有的内容。请停下 serve,运行 rebuild。",
    "view.missing": "留痕里有的,显示里缺。请停下 serve,运行 rebuild。",
    # -- the API
    "api.bad_key": "Idempotency-Key 不对:1 到 {most} 个可见的 ASCII 字符。",
    "api.field_missing": "请求里缺 {field}。请对照 /api/v1/openapi.json。",
    "api.field_unknown": "请求里有不认识的项 {field}。请对照 /api/v1/openapi.json。",
    "api.form_wrong": "表单有几处不对,每处的原因在 fields 里。请改好再传。",
    "api.key_reused": "这个 Idempotency-Key 已用在另一个请求上。请换一个。",
    "api.no_parent": "这个节点没有上级,不用同步。",
    "api.not_json": "请求的内容不是能读的 JSON。请检查格式,小数要写成文字。",
    "api.paper_not_here": "这台机器没有材料 {hash},或它的说明不对。请先用 POST /api/v1/papers 传来,照答复里的写。",
    # -- why an event waits that came too early
    "wait.cut": "写于这台机器停用之后,等县里裁定。",
    "wait.node": "写它的机器还没有启用记录。",
    "wait.prev": "等同一台机器的前一条记录。",
    # -- pages
    "web.bad_request": "没有看懂这个请求。请回到上一页再试一次。",
    "web.form_expired": "这一页开得太久,或在别处重新登录过,没有存上。请点浏览器的「返回」,把写的抄下来,刷新后再办。",
    "web.log_in": "请先登录。",
    "web.logged_out": "登录已经结束,这一步没有存上。请点浏览器的「返回」,把写的抄下来,登录以后再办。",
    "web.locked": "已锁屏。请输入口令,再接着办。",
    "web.method": "这个地址不能这样打开。请从页面上的链接或按钮进入。",
    "web.not_found": "没有这一页。可能地址有误,或这件已不在本单位的范围内。",
    "web.not_permitted": "{name}({role})没有这项权限。要办这件事,请找有这项权限的人。",
    "web.server_error": "程序出了错,这一步没有存上。请记下编号 {id},告诉技术员;别的事可以照常办。",
    "web.token_needed": "这个接口要带访问令牌(Authorization: Bearer)。令牌由 token 命令签发。",
    "web.token_wrong": "访问令牌不对、已过期或已停用。请重新签发。",
    "web.too_large": "一次传得太多,超过了 {most}。请把照片缩小,或分几次传。",
    "web.too_many": "试得太勤了。请等 {wait}再试。",
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
