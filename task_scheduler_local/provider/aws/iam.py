"""Roles and the policies in them."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ProviderError
from ..provider import State
from .resource import AwsResource, changed, tag_list, tag_map

_ROLE_POLICY_CHARACTERS = 10_240


class Role(AwsResource):
    type_name = "aws_iam_role"
    service = "iam"
    gone = ("NoSuchEntity",)
    api_names = {
        "assume_role_policy": "AssumeRolePolicyDocument",
        "name": "RoleName",
        "unique_id": "RoleId",
    }
    unmapped = (
        "force_detach_policies",
        "inline_policy",
        "managed_policy_arns",
        "permissions_boundary",
    )

    def _create(self, new: State) -> None:
        boundary = new["permissions_boundary"]
        self.api.create_role(
            **self.parameters(new),
            **({"PermissionsBoundary": boundary} if boundary else {}),
            Tags=tag_list(new["tags_all"]),
        )
        new["id"] = new["name"]
        self._put_policies(new)

    def _read(self, state: State) -> State:
        found = self.api.get_role(RoleName=state["id"])["Role"]
        found["AssumeRolePolicyDocument"] = json.dumps(found["AssumeRolePolicyDocument"])
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {
            **self.attributes(found),
            "inline_policy": self._inline_policies(state["id"]),
            "managed_policy_arns": self._managed_policies(state["id"]),
            "permissions_boundary": boundary,
            **self.tags(tag_map(found.get("Tags", [])), state),
        }

    def _update(self, prior: State, new: State) -> None:
        role = {"RoleName": new["id"]}
        if changed(prior, new, "assume_role_policy"):
            self.api.update_assume_role_policy(**role, PolicyDocument=new["assume_role_policy"])
        if changed(prior, new, "description"):
            # update_role could do this, too, but the emulator passes over an empty one there.
            self.api.update_role_description(**role, Description=new["description"] or "")
        if changed(prior, new, "max_session_duration"):
            self.api.update_role(**role, MaxSessionDuration=new["max_session_duration"])
        if changed(prior, new, "permissions_boundary"):
            if boundary := new["permissions_boundary"]:
                self.api.put_role_permissions_boundary(**role, PermissionsBoundary=boundary)
            else:
                self.api.delete_role_permissions_boundary(**role)
        if changed(prior, new, "inline_policy", "managed_policy_arns"):
            self._remove_policies(prior["id"], prior["inline_policy"], prior["managed_policy_arns"])
            self._put_policies(new)

    def _delete(self, state: State) -> None:
        """Delete the role and, as the real provider does, its policies of each kind seen in it.

        Also those that are resources of their own, which do not learn of it.
        """
        name, forced = state["id"], state["force_detach_policies"]
        inline = self._inline_policies(name) if forced or state["inline_policy"] else []
        managed = self._managed_policies(name) if forced or state["managed_policy_arns"] else []
        self._remove_policies(name, inline, managed)
        self.api.delete_role(RoleName=name)

    def _inline_policies(self, role: str) -> list[State]:
        names = self.api.list_role_policies(RoleName=role)["PolicyNames"]
        documents = {name: self._document(role, name) for name in names}
        return [{"name": name, "policy": text} for name, text in documents.items() if text]

    def _document(self, role: str, name: str) -> str | None:
        """Return the policy; None if it is gone since it was listed."""
        try:
            found = self.api.get_role_policy(RoleName=role, PolicyName=name)
        except self.api.exceptions.NoSuchEntityException:
            return None
        return json.dumps(found["PolicyDocument"])

    def _managed_policies(self, role: str) -> list[str]:
        found = self.api.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [policy["PolicyArn"] for policy in found]

    def _put_policies(self, new: State) -> None:
        for policy in new["inline_policy"] or ():
            if policy["name"] and policy["policy"]:
                self.api.put_role_policy(
                    RoleName=new["id"], PolicyName=policy["name"], PolicyDocument=policy["policy"]
                )
        for arn in new["managed_policy_arns"] or ():
            self.api.attach_role_policy(RoleName=new["id"], PolicyArn=arn)

    def _remove_policies(
        self, role: str, inline: list[State] | None, managed: list[str] | None
    ) -> None:
        for policy in inline or ():
            self.api.delete_role_policy(RoleName=role, PolicyName=policy["name"])
        for arn in managed or ():
            self.api.detach_role_policy(RoleName=role, PolicyArn=arn)

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_role(RoleName=state["id"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_role(RoleName=state["id"], TagKeys=keys)


class RolePolicy(AwsResource):
    type_name = "aws_iam_role_policy"
    service = "iam"
    gone = ("NoSuchEntity",)

    def _create(self, new: State) -> None:
        self._put(new)
        new["id"] = f"{new['role']}:{new['name']}"

    def _read(self, state: State) -> State:
        found = self.api.get_role_policy(RoleName=state["role"], PolicyName=state["name"])
        return {"policy": json.dumps(found["PolicyDocument"])}

    def _update(self, prior: State, new: State) -> None:
        self._put(new)

    def _delete(self, state: State) -> None:
        self.api.delete_role_policy(RoleName=state["role"], PolicyName=state["name"])

    def _put(self, new: State) -> Any:
        # AWS's limit for all of a role's inline policies together, blanks not counted.
        size = len("".join(new["policy"].split()))
        if size > _ROLE_POLICY_CHARACTERS:
            raise ProviderError(
                f"putting aws_iam_role_policy ({new['name']}): LimitExceeded: {size} characters, "
                f"a role's policies may have {_ROLE_POLICY_CHARACTERS}",
                "policy",
            )
        self.api.put_role_policy(
            RoleName=new["role"], PolicyName=new["name"], PolicyDocument=new["policy"]
        )


class Policy(AwsResource):
    type_name = "aws_iam_policy"
    service = "iam"
    gone = ("NoSuchEntity",)
    api_names = {"name": "PolicyName", "policy": "PolicyDocument"}
    unmapped = ("policy",)

    def _create(self, new: State) -> None:
        made = self.api.create_policy(
            **self.parameters(new), PolicyDocument=new["policy"], Tags=tag_list(new["tags_all"])
        )
        new["id"] = made["Policy"]["Arn"]

    def _read(self, state: State) -> State:
        found = self.api.get_policy(PolicyArn=state["id"])["Policy"]
        version = self.api.get_policy_version(
            PolicyArn=state["id"], VersionId=found["DefaultVersionId"]
        )["PolicyVersion"]
        return {
            **self.attributes(found),
            "policy": json.dumps(version["Document"]),
            **self.tags(tag_map(found.get("Tags", [])), state),
        }

    def _update(self, prior: State, new: State) -> None:
        if changed(prior, new, "policy"):
            self.api.create_policy_version(
                PolicyArn=new["id"], PolicyDocument=new["policy"], SetAsDefault=True
            )
            self._delete_old_versions(new["id"])

    def _delete(self, state: State) -> None:
        self._delete_old_versions(state["id"])
        self.api.delete_policy(PolicyArn=state["id"])

    def _delete_old_versions(self, arn: str) -> None:
        for version in self.api.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self.api.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_policy(PolicyArn=state["id"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_policy(PolicyArn=state["id"], TagKeys=keys)


class RolePolicyAttachment(AwsResource):
    type_name = "aws_iam_role_policy_attachment"
    service = "iam"
    gone = ("NoSuchEntity",)

    def _create(self, new: State) -> None:
        self.api.attach_role_policy(RoleName=new["role"], PolicyArn=new["policy_arn"])
        new["id"] = f"{new['role']}/{new['policy_arn']}"

    def _read(self, state: State) -> State | None:
        found = self.api.list_attached_role_policies(RoleName=state["role"])["AttachedPolicies"]
        return {} if state["policy_arn"] in [each["PolicyArn"] for each in found] else None

    def _delete(self, state: State) -> None:
        self.api.detach_role_policy(RoleName=state["role"], PolicyArn=state["policy_arn"])
