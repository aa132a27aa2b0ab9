mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_role_lies_where_the_organisation_wants_it" {
  command = plan

  variables {
    roles = { names = { scheduler = "nightly-eu-west-1-scheduler" }, path = "/jobs/", permissions_boundary = "arn:aws:iam::123456789012:policy/bound" }
  }

  assert {
    condition     = [aws_iam_role.this.path, aws_iam_role.this.permissions_boundary] == ["/jobs/", "arn:aws:iam::123456789012:policy/bound"]
    error_message = "the role lacks its path or its boundary"
  }
}
