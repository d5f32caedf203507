/* What script adds to the desk's forms; each part wraps HTML that works without it. */
import "./record_input.js";
import "./edtf_input.js";
import "./child_rows.js";
