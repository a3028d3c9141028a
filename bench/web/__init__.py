"""The product's web server as `make up` starts it, with one address more: a view that is empty."""
