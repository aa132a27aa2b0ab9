mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  arn          = "arn:aws:lambda:eu-west-1:123456789012:layer:pandas:7"
  worker       = "big"
  architecture = "arm64"
  room         = 1000
}

run "a_layer_for_another_architecture_is_warned_of" {
  command = plan

  override_data {
    target = data.aws_lambda_layer_version.this
    values = { compatible_architectures = ["x86_64"] }
  }

  expect_failures = [check.architecture]
}

run "a_layer_for_this_architecture_too_fits" {
  command = plan

  override_data {
    target = data.aws_lambda_layer_version.this
    values = { compatible_architectures = ["arm64", "x86_64"] }
  }
}

run "a_layer_that_names_no_architecture_may_fit" {
  command = plan

  override_data {
    target = data.aws_lambda_layer_version.this
    values = { compatible_architectures = [] }
  }
}

run "a_layer_that_is_larger_zipped_than_there_is_room_is_warned_of" {
  command = plan

  override_data {
    target = data.aws_lambda_layer_version.this
    values = { compatible_architectures = ["arm64"], source_code_size = 1001 }
  }

  expect_failures = [check.architecture]
}

run "a_layer_that_may_fit_is_planned" {
  command = plan

  override_data {
    target = data.aws_lambda_layer_version.this
    values = { compatible_architectures = ["arm64"], source_code_size = 1000 }
  }
}
