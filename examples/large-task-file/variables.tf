variable "bucket" {
  description = "Name of the bucket that is made for the list; no other in the world may have it."
  type        = string
}
