"""What one file of Python source says, as records; nothing here opens a file or runs code."""
