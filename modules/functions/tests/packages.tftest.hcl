mock_provider "aws" {
  source = "../../tests/module/mocks"
}

override_resource {
  target = aws_lambda_layer_version.runtime
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1" }
}

override_resource {
  target = aws_lambda_layer_version.dependencies
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1" }
}

run "both_functions_share_code_and_layers" {
  command = apply

  assert {
    condition = alltrue([for function in aws_lambda_function.this :
      function.layers == tolist([
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1",
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1",
      ]) &&
      function.source_code_hash == data.archive_file.tasks.output_base64sha256 &&
      function.tags == tomap({ team = "data" })
    ])
    error_message = "a function lacks a layer, the tasks' code or its tags"
  }

  assert {
    condition = [for layer in [aws_lambda_layer_version.runtime, aws_lambda_layer_version.dependencies] : [
      layer.layer_name, one(layer.compatible_runtimes), one(layer.compatible_architectures),
      ]] == [
      ["nightly-runtime", "python3.12", "x86_64"],
      ["nightly-dependencies", "python3.12", "x86_64"],
    ]
    error_message = "a layer is not for the functions' runtime and architecture"
  }

  assert {
    condition = [for archive in [data.archive_file.tasks, data.archive_file.runtime, data.archive_file.dependencies] :
      [basename(archive.output_path), archive.output_file_mode]
      ] == [
      ["nightly-tasks.zip", "0644"],
      ["nightly-runtime.zip", "0644"],
      ["nightly-dependencies.zip", "0644"],
    ]
    error_message = "an archive has no name of its own, or keeps the modes of the machine that made it"
  }
}

run "a_folder_without_files_is_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/missing"
  }

  expect_failures = [data.archive_file.tasks]
}

run "a_folder_that_cannot_be_read_is_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/[" # to Terraform a pattern, and a broken one
  }

  expect_failures = [data.archive_file.tasks]
}

run "modules_that_hide_others_are_refused" {
  command = plan

  variables {
    task_code_dir = "../../tests/module/code/dependencies/python"
  }

  expect_failures = [data.archive_file.tasks]
}

run "a_layer_that_is_not_built_is_refused" {
  command = plan

  variables {
    layer_dir = "../../tests/module/code/tasks"
  }

  expect_failures = [data.archive_file.dependencies]
}
