variable "arn" {
  description = "ARN of the layer version."
  type        = string
  nullable    = false
}

variable "worker" {
  description = "The worker that has it, for warnings; those of the default one do not name it."
  type        = string
  nullable    = false
}

variable "room" {
  description = "Bytes that code and the module's own layers leave of Lambda's 250 MB, unzipped."
  type        = number
  nullable    = false
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 or x86_64."
  type        = string
  nullable    = false
}
