"""What a program does with a generated client: python main.py URL OPERATOR_KEY"""

import base64
import sys
from typing import Any, TypeVar

from ringbook_client import AuthenticatedClient
from ringbook_client import models as m
from ringbook_client.api.account import create_key, get_account, rotate_key
from ringbook_client.api.bulk import bulk
from ringbook_client.api.changes import list_changes, read_feed, revert_change
from ringbook_client.api.operator import create_account
from ringbook_client.api.phones import create_phone, edit_phone, get_phone, list_phones
from ringbook_client.api.skills import create_skill
from ringbook_client.types import UNSET, Response

Body = TypeVar("Body")
Rows = list[m.CreateRow | m.DeleteRow | m.EditRow | m.UpsertRow]


def client(url: str, prefix: str, token: str) -> AuthenticatedClient:
    return AuthenticatedClient(url, token, prefix=prefix, raise_on_unexpected_status=True)


def account(url: str, key: str | None) -> AuthenticatedClient:
    """A client of the account that this program makes."""
    return client(url, "Basic", base64.b64encode(f"python:{key}".encode()).decode())


def parsed(answer: Response[Any], kind: type[Body], status: int = 200) -> Body:
    """The body of an answer, which has this status and is of this type."""
    assert answer.status_code == status, answer
    assert isinstance(answer.parsed, kind), answer
    return answer.parsed


def main(url: str, operator_key: str) -> None:
    # An account and its key.
    operator = client(url, "Bearer", operator_key)
    new_account = m.CreateAccount(user_name="python")
    made = parsed(create_account.sync_detailed(client=operator, body=new_account), m.MadeAccount, 201)
    api = account(url, made.key)

    # Create.
    create_skill.sync_detailed(client=api, body=m.SkillFields(name="Sales"))
    ids = []
    for number, name in [("1001", "Ravi"), ("1002", "Mira"), ("1003", "Asha")]:
        new_phone = m.CreatePhone(number=number, name=name, skills=["Sales"])
        phone = parsed(create_phone.sync_detailed(client=api, body=new_phone), m.Phone, 201)
        assert (phone.number, phone.name, phone.skills) == (number, name, ["Sales"]), phone
        ids.append(phone.id)
    new_phone = m.CreatePhone(number="1004", name="Omar")
    dry = create_phone.sync_detailed(client=api, body=new_phone, dry_run=True)
    assert parsed(dry, m.Phone, 201).id == "p0"
    assert dry.headers["Ringbook-Dry-Run"] == "1"

    # List to the last page.
    listed: list[str] = []
    cursor: str | None = None
    while cursor is not None or not listed:
        answer = list_phones.sync_detailed(client=api, limit=2, cursor=cursor or UNSET)
        page = parsed(answer, m.PhonePage)
        listed += [phone.id for phone in page.items]
        cursor = page.next_
    assert listed == ids

    # Edit what was read, but not what was changed since.
    etag = get_phone.sync_detailed("1001", client=api).headers["ETag"]
    edit = m.PhoneEdit(name="Ravi.K", unassign=["Sales"])
    edited = edit_phone.sync_detailed("1001", client=api, body=edit, if_match=etag)
    assert parsed(edited, m.Phone).to_dict() == {
        "id": ids[0], "number": "1001", "name": "Ravi.K", "skills": []
    }  # fmt: skip
    late = edit_phone.sync_detailed("1001", client=api, body=m.PhoneEdit(name="Rita"), if_match=etag)
    assert parsed(late, m.Problem, 412).code == "precondition_failed"

    # Many at once: all or nothing, then what can be done.
    rows: Rows = [
        m.CreateRow(m.CreateRowAction.CREATE, number="1004", name="Omar", skills=["Sales"]),
        m.EditRow(m.EditRowAction.EDIT, phone="1002", name="Mira.K"),
        m.UpsertRow(m.UpsertRowAction.UPSERT, number="1003", name="Asha.K"),
        m.DeleteRow(m.DeleteRowAction.DELETE, phone="1001"),
    ]
    body = m.BulkRequest(rows, mode=m.Mode.ALL_OR_NOTHING)
    done = parsed(bulk.sync_detailed(client=api, body=body), m.BulkDone)
    assert [row.status for row in done.rows] == ["created", "edited", "edited", "deleted"]
    assert done.summary.done == 4
    rows = [
        m.CreateRow(m.CreateRowAction.CREATE, number="1002", name="Lena"),
        m.CreateRow(m.CreateRowAction.CREATE, number="1005", name="Lena"),
    ]
    body = m.BulkRequest(rows, mode=m.Mode.KEEP_GOING)
    done = parsed(bulk.sync_detailed(client=api, body=body), m.BulkDone)
    assert [row.status for row in done.rows] == ["refused", "created"]
    assert done.rows[0].errors and done.rows[0].errors[0].code == "number_taken"

    # The feed, from the beginning.
    kinds: list[str] = []
    feed = parsed(read_feed.sync_detailed(client=api, limit=5), m.Feed)
    while feed.items:
        kinds += [change.kind for change in feed.items]
        feed = parsed(read_feed.sync_detailed(client=api, cursor=feed.next_), m.Feed)
    assert kinds[0] == "account.create" and kinds.count("phone.create") == 5, kinds

    # The newest change, and taking it back.
    newest = parsed(list_changes.sync_detailed(client=api, limit=1), m.ChangePage).items[0]
    assert newest.kind == "phone.create" and newest.before is None
    assert newest.after and newest.after.to_dict()["number"] == "1005"
    parsed(revert_change.sync_detailed(newest.id, client=api, body=m.Revert()), m.Reverted)
    gone = get_phone.sync_detailed("1005", client=api)
    assert parsed(gone, m.Problem, 404).code == "no_such_phone"

    # Keys: the new one works, and so does the one that it is rotated to.
    new_key = m.CreateKey(name="crm", scope=m.Scope.READ)
    key = parsed(create_key.sync_detailed(client=api, body=new_key), m.MadeKey, 201)
    parsed(get_account.sync_detailed(client=account(url, key.key)), m.OwnAccount)
    rotation = m.Rotation(overlap_s=0)
    rotated = parsed(
        rotate_key.sync_detailed(key.id, client=api, body=rotation), m.RotatedKey, 201
    )
    assert rotated.key != key.key and rotated.old is None
    parsed(get_account.sync_detailed(client=account(url, rotated.key)), m.OwnAccount)


main(sys.argv[1], sys.argv[2])
