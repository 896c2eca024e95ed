"""What an app must erase once a consent has ended, and what it certifies to have erased."""
