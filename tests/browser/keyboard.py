"""A page by keyboard alone."""


class Keyboard:
    """Goes through a page by Tab, as somebody without a mouse does."""

    def __init__(self, page):
        self.page = page

    def to(self, selector: str, *, back: bool = False) -> None:
        """Press Tab (or Shift and Tab) until the element that a selector finds has the focus."""
        for _stop in range(300):
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no Tab leads to {selector} on {self.page.url}")

    def press(self, selector: str) -> None:
        """Go to an element and press Enter on it."""
        self.to(selector)
        self.page.keyboard.press("Enter")

    def type(self, selector: str, text: str) -> None:
        """Go to a field and type."""
        self.to(selector)
        self.page.keyboard.type(text)
