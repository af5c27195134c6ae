"""What a page is shown with: pictures, styles and scripts, and a real browser for pages that need JavaScript."""
