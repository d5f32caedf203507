"""The server lays out labels by the widths of letters: the browser must draw them as wide."""

import pytest
from django.templatetags.static import static

from timeline.drawing.letters import width

MEASURE = """async ([address, text]) => {
    const font = new FontFace("Measured", `url(${address})`, { weight: "200 900" });
    document.fonts.add(await font.load());
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fontKerning = "none";
    return [400, 600, 700].map((weight) => {
        canvas.font = `${weight} 100px Measured`;
        return canvas.measureText(text).width;
    });
}"""


@pytest.mark.django_db(transaction=True)
def test_labels_are_as_wide_as_the_server_takes_them_for(page):
    page.goto("/admin/login/")
    address = static("timeline/fonts/source-sans-3-latin-wght-normal.woff2")
    for text in ("Pressler Amendment becomes law", "0123456789", "U.S.–Pakistan “MoU”, $5.84bn", "Éèçñüß"):
        drawn = page.evaluate(MEASURE, [address, text])
        taken = [width(text, 100, weight) for weight in ("regular", "semibold", "bold")]
        assert drawn == pytest.approx(taken, rel=0.005), text
