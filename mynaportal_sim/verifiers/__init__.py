"""What verifiers (署名検証者等, 公的個人認証法 17) ask the authority about certificates."""
