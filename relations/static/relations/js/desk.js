/* What script adds to the desk's forms; each part wraps HTML that works without it. */
import "./record_input.js";
import "./edtf_input.js";
import "./kind_input.js";
import "./place_input.js";
import "./key_input.js";
import "./new_source.js";
import "./child_rows.js";
import "./likely_doubles.js";
import "./kept.js";
import "./kept_form.js";
import "./shortcuts.js";
import "./suppose_form.js";
