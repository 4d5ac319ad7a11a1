# What Doxygen reads of a header: readers write kollect::scope whatever its ABI namespace is called, and what every type
# has in the same way is described here once, without adding a line.

function describe(words) { sub(/^ */, "&/** " words " */ ") }

# Doxygen takes a specialization of somebody else's variable template for a variable of ours.
/^inline constexpr bool .*ranges::enable_borrowed_range</ { $0 = "class std_specialization_of_no_interest;" }

{
  line = $0
  sub(/kollect::inline KOLLECT_ABI_NAMESPACE/, "kollect")
}

!is_comment && / operator(==|<=>)\(const .*= default;/ { describe("Compares member by member, as declared.") }
!is_comment && /^inline std::ostream& operator<<\(std::ostream& out, / { describe("Writes it as text.") }
!is_comment && /std::string_view to_string\([a-z_]+ [a-z_]+\) noexcept/ { describe("Its name.") }
!is_comment && (/^  [a-z_]+\([a-z_]+&&( other)?\)/ || /^  [a-z_]+& operator=\([a-z_]+&&/) {
  describe("Takes all over: the other one is as its class says of a moved-from one.")
}
!is_comment && /^  [a-z_]+(& operator=)?\(const [a-z_]+&\) = / { describe("Copies, unless its class says that it cannot.") }
!is_comment && /^  (constexpr )?[a-z_]+\(\) (noexcept )?= default;/ { describe("Empty.") }

{
  is_comment = line ~ /^ *\/\/\//
  print
}
