"""What people read: alarms, reasons and complaints about a configuration, in Chinese and English."""
