"""When a page is worth another look, learned from the looks before."""
