"""Login with a card that lies elsewhere: a code goes over, and a short one comes back."""
