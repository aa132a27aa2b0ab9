variable "prefix" {
  description = "The beginning of the table's name."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "The customer key that the table is encrypted with; null for a key of AWS's own."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the table."
  type        = map(string)
  default     = {}
  nullable    = false
}
