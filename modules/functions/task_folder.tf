# What is wrong with the task folder or the layer is found before they are packed, and said in our words.

locals {
  # Hidden files are not packed (an editor's lock may be a link that leads nowhere); a visible link of
  # that kind makes fileset fail.
  visible_task_files = try(fileset(var.task_code_dir, "**/[^.]*"), null)

  task_files = [for file in coalesce(local.visible_task_files, []) : file
    if !can(regex("(?:^|/)(?:\\.|__pycache__/)|\\.pyc$", file))
  ]

  dependency_files = try(fileset("${var.layer_dir}/python", "**"), [])

  # What `import` finds at the top of a folder: NAME.py, a compiled NAME.so, or the folder NAME.
  module = "^([A-Za-z_][0-9A-Za-z_]*)(?:\\.py|\\.(?:[^/]*\\.)?so|/.*)$"

  # The same without folders that hold no Python: to a module of the standard library those are no danger.
  package = "^([A-Za-z_][0-9A-Za-z_]*)(?:\\.py|\\.(?:[^/]*\\.)?so|/__init__\\.py)$"

  taken_modules = {
    "the runtime"             = toset(flatten([for file in fileset("${var.runtime_dir}/python", "**") : regexall(local.module, file)]))
    "a dependency"            = toset(flatten([for file in local.dependency_files : regexall(local.module, file)]))
    "part of Lambda's Python" = ["awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]
  }

  shadows = concat(
    flatten([for owner, names in local.taken_modules : [
      for name in setintersection(names, flatten([for file in local.task_files : regexall(local.module, file)])) :
      "${name} is ${owner}"
    ]]),
    [for name in setintersection(
      split("\n", trimspace(file("${path.module}/standard-library.txt"))),
      flatten([for file in local.task_files : regexall(local.package, file)]),
    ) : "${name} is in Python's standard library"],
  )
}
