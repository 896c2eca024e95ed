"""The pages: templates and forms that work without JavaScript, in Japanese and English."""
