"""Changes to the emulator for `taskctl dev`, run in its own process (Emulator(plugins=...)).

- Functions sign with a key of their role, and each call of theirs that no statement of the role's
  policies covers is written to uncovered.jsonl. It is answered all the same: to AWS's own policy
  engine in the emulator, which refuses, belongs a signature check that the local run cannot pass.
- A managed policy of AWS's that the emulator does not know permits everything: it knows the most
  usual ones, and a role with another could not be applied.
- An update of a function's code lets tasks that run end, as AWS does; the emulator kills them.
- Schedules are not started: the emulator knows no time zones, and puts no scheduled time into
  inputs.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import iam, lambda_svc, scheduler, sts

_UNCOVERED = Path(os.environ["TMPDIR"], "uncovered.jsonl")
_KEY = "ASIA"

_OF_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
"""Operations that have no permission of their own ("Actions, resources, and condition keys for
Amazon SQS" in the Service Authorization Reference), which the emulator does not know."""

_dispatch = app._dispatch_service_request
_kill = lambda_runtime.kill_workers
_invalidate_now = lambda_runtime.invalidate_worker
_updating = threading.local()


def _credentials(config: dict[str, Any]) -> dict[str, str]:
    """Return the credentials of a session of the function's role."""
    arn = config["FunctionArn"]
    account, role = arn.split(":")[4], config.get("Role", "").rpartition("/")[2]
    key = f"{_KEY}{hashlib.sha256(f'{arn}:{role}'.encode()).hexdigest()[:16].upper()}"
    session = f"arn:aws:sts::{account}:assumed-role/{role}/{config['FunctionName']}"
    secret = {"SecretAccessKey": "test", "SessionToken": "test"}
    sts.register_session(key, {"Arn": session, "UserId": role, **secret})
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
    }


async def _watched(
    method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str
) -> Any:
    key = extract_access_key_id(headers, query) or ""
    if key.startswith(_KEY):
        try:
            _check(key, method, path, headers, body, query)
        except Exception as error:  # the call itself is not to suffer
            _write({"problem": f"{type(error).__name__}: {error}"})
    return await _dispatch(method, path, headers, body, query, request_id)


def _check(key: str, method: str, path: str, headers: Any, body: bytes, query: Any) -> None:
    params = app._routing_params(method, path, headers, body, query)
    service = app.detect_service(method, path, headers, params)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params)
    if action is None or action in iam_evaluator._ALWAYS_ALLOWED_ACTIONS:
        return
    region, account = extract_region(headers), get_account_id()
    asked = (service, method, path, headers, body, params, region, account)
    resource = iam_actions.extract_resource_arn(*asked)
    if service == "scheduler" and (group := query.get("groupName")):  # the emulator says default
        name = group if isinstance(group, str) else group[0]
        resource = resource.replace(":schedule/default/", f":schedule/{name}/")
    checks = [(_OF_BATCHES.get(action, action), resource)]
    if service == "dynamodb":
        checks = iam_actions.dynamodb_transaction_checks(action, body, region, account) or checks
    for checked, arn in checks:
        if not _is_covered(key, account, checked, service, region, arn):
            _write({"action": checked, "resource": arn, "session": sts._sessions[key]["Arn"]})


def _is_covered(
    key: str, account: str, action: str, service: str, region: str, resource: str
) -> bool:
    principal = iam_evaluator.resolve_principal(key, account)
    if isinstance(principal, iam_evaluator.AuthError) or principal.policies is None:
        return True
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,  # as at AWS; queues refuse anything else
        service_context={},
        principal_keys=principal.keys,
    )
    policies = [[_without_service_keys(one) for one in policy] for policy in principal.policies]
    result = iam_evaluator.evaluate(context, policies, *principal.limits)
    found = iam_evaluator._resource_policy(service, resource)
    if found is not None:
        result = iam_evaluator.combine_resource_policy(
            result, context, *found, required=False, limits=principal.limits
        )
    return bool(result.decision == "Allow")


def _without_service_keys(statement: Any) -> Any:
    """Return a statement that permits something with only those conditions that can be judged.

    The value of `ses:FromAddress`, say, is in no context here.
    """
    if statement.effect != "Allow":
        return statement
    judged = {
        operator: known
        for operator, keys in statement.conditions.items()
        if (known := {key: value for key, value in keys.items() if key.startswith("aws:")})
    }
    return replace(statement, conditions=judged)


def _write(fields: dict[str, str]) -> None:
    with _UNCOVERED.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(fields)}\n")


def _invalidate(*arguments: Any, **named: Any) -> None:
    _updating.is_on = True
    try:
        _invalidate_now(*arguments, **named)
    finally:
        _updating.is_on = False


def _kill_when_idle(workers: Any) -> None:
    if not getattr(_updating, "is_on", False):
        _kill(workers)
        return
    busy = [worker for worker in workers if worker is not None and worker._lock.locked()]
    _kill([worker for worker in workers if worker not in busy])
    for worker in busy:
        threading.Thread(target=_kill_after, args=(worker,), daemon=True).start()


def _kill_after(worker: Any) -> None:
    with worker._lock:
        _kill([worker])


app._dispatch_service_request = _watched
iam._autocreate_aws_managed_enabled = lambda: True
lambda_runtime.execution_credentials = _credentials
lambda_runtime.kill_workers = _kill_when_idle
lambda_svc.invalidate_worker = _invalidate
scheduler.start_scheduler = lambda: None
